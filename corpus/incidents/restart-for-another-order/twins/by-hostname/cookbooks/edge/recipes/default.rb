package 'haproxy'

web = search(:node, "role:shop_web AND chef_environment:#{node.chef_environment}")
api = search(:node, "role:shop_api AND chef_environment:#{node.chef_environment}")

template '/etc/haproxy/haproxy.cfg' do
  source 'haproxy.cfg.erb'
  mode '0644'
  helpers Edge::Rotation
  variables(
    web: web.sort_by { |n| n['hostname'] },
    api: api.sort_by { |n| n['hostname'] }
  )
  notifies :reload, 'service[haproxy]'
end

service 'haproxy' do
  supports reload: true
  action [:enable, :start]
end
