package 'market'

market_balancer 'redis' do
  port 6379
  servers node['market']['redis']['servers']
  notifies :reload, 'service[haproxy]'
end

service 'haproxy' do
  supports :reload => true
  action [:enable, :start]
end

service 'market' do
  action [:enable, :start]
end
