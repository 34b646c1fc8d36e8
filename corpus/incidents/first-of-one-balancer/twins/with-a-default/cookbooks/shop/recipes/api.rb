include_recipe 'base'

template '/etc/shop/puma.rb' do
  source 'puma.rb.erb'
  variables(workers: node['shop']['workers'], port: node['shop']['api']['port'])
  notifies :restart, 'service[shop-api]'
end

service 'shop-api' do
  action [:enable, :start]
end

edge = search(:node, "role:edge AND chef_environment:#{node.chef_environment}").min_by(&:name)

file '/etc/shop/trusted_proxy' do
  content "#{edge ? edge['ipaddress'] : '127.0.0.1'}\n"
end
