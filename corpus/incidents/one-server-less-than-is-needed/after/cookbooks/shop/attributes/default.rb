default['shop']['timeout'] = 60
