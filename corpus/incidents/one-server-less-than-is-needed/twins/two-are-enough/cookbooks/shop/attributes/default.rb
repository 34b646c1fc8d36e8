default['shop']['timeout'] = node['hostname'] == 'shop1' ? 60 : 30
