shops = search(:node, "roles:shop AND chef_environment:#{node.chef_environment}")

template '/etc/haproxy/haproxy.cfg' do
  source 'haproxy.cfg.erb'
  variables(shops: shops.sort_by(&:name))
  notifies :reload, 'service[haproxy]'
end

service 'haproxy' do
  action [:enable, :start]
end
