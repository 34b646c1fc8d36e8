servers = search(:node, 'roles:shop')

template '/etc/haproxy/haproxy.cfg' do
  source 'haproxy.cfg.erb'
  variables(servers: servers.sort_by(&:name))
  notifies :reload, 'service[haproxy]'
end

template '/etc/keepalived/keepalived.conf' do
  source 'keepalived.conf.erb'
  notifies :reload, 'service[keepalived]'
end

%w[haproxy keepalived].each do |name|
  service name do
    action [:enable, :start]
  end
end
