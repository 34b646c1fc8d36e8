default['shop']['stage'] = node.chef_environment
