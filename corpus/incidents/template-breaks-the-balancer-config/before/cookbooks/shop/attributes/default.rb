default['shop']['root'] = '/srv/shop/current/public'
default['shop']['workers'] = 4
default['shop']['api']['port'] = 9292
