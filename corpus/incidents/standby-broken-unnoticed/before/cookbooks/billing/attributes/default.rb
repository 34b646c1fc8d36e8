default['billing']['databases']['north']['host'] = '10.60.0.9'
