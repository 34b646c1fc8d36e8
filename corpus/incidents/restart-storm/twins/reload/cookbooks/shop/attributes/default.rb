default['shop']['workers'] = 16
