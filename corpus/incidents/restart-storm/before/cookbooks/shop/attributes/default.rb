default['shop']['workers'] = 4
