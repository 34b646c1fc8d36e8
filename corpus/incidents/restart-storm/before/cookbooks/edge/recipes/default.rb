web = search(:node, 'roles:shop_web')

template '/etc/haproxy/haproxy.cfg' do
  source 'haproxy.cfg.erb'
  variables(web: web.sort_by(&:name))
  notifies :reload, 'service[haproxy]'
end

service 'haproxy' do
  action [:enable, :start]
end
