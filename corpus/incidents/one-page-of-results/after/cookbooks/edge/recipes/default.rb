package 'haproxy'

web, = Chef::Search::Query.new.search(:node, "role:shop_web AND chef_environment:#{node.chef_environment}", rows: 3)
api = search(:node, "role:shop_api AND chef_environment:#{node.chef_environment}")

template '/etc/haproxy/haproxy.cfg' do
  source 'haproxy.cfg.erb'
  mode '0644'
  helpers Edge::Rotation
  variables(
    web: web.sort_by(&:name),
    api: api.sort_by(&:name)
  )
  notifies :reload, 'service[haproxy]'
end

service 'haproxy' do
  supports reload: true
  action [:enable, :start]
end
