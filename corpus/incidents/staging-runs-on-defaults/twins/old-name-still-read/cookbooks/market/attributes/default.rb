default['redis']['servers'] = ['127.0.0.1']
default['market']['redis']['servers'] = node['redis']['servers']
default['market']['threads'] = 16
