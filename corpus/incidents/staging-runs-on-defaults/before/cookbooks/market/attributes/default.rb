default['redis']['servers'] = ['127.0.0.1']
default['market']['threads'] = 16
