servers = search(:node, 'roles:checkout')

template '/etc/haproxy/haproxy.cfg' do
  source 'haproxy.cfg.erb'
  variables(servers: servers.sort_by(&:name))
  notifies :reload, 'service[haproxy]'
end

service 'haproxy' do
  action [:enable, :start]
end
