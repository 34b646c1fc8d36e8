package 'haproxy'

storefront = search(:node, "roles:shop-web AND chef_environment:#{node.chef_environment}")

template '/etc/haproxy/haproxy.cfg' do
  source 'haproxy.cfg.erb'
  mode '0644'
  variables(storefront: storefront.sort_by(&:name))
  notifies :reload, 'service[haproxy]'
end

service 'haproxy' do
  supports reload: true
  action [:enable, :start]
end
