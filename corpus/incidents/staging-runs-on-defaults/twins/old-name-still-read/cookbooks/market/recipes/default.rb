package 'haproxy'
package 'market'

template '/etc/haproxy/haproxy.cfg' do
  source 'haproxy.cfg.erb'
  mode '0644'
  variables(:redis => node['market']['redis']['servers'])
  notifies :reload, 'service[haproxy]'
end

service 'haproxy' do
  supports :reload => true
  action [:enable, :start]
end

service 'market' do
  action [:enable, :start]
end
