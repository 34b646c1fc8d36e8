billing = search(:node, "roles:billing")

template '/etc/haproxy/haproxy.cfg' do
  source 'haproxy.cfg.erb'
  variables(billing: billing.sort_by(&:name))
  notifies :reload, 'service[haproxy]'
end

service 'haproxy' do
  action [:enable, :start]
end
