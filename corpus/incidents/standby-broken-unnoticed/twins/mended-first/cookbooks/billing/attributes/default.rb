default['billing']['databases']['north']['host'] = '10.60.0.9'
default['billing']['databases']['south']['host'] = '10.61.0.9'
