default['shop']['timeout'] = 30
