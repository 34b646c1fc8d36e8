package 'haproxy'

web = search(:node, "role:shop_web AND chef_environment:#{node.chef_environment}")
api = search(:node, "role:shop_api AND chef_environment:#{node.chef_environment}")
help = search(:node, "recipes:shop\\:\\:api AND chef_environment:#{node.chef_environment}")
raise 'nobody serves the help pages: the configuration stays as it is' if help.empty?

template '/etc/haproxy/haproxy.cfg' do
  source 'haproxy.cfg.erb'
  mode '0644'
  helpers Edge::Rotation
  variables(
    web: web.sort_by(&:name),
    api: api.sort_by(&:name),
    help: help.sort_by(&:name)
  )
  notifies :reload, 'service[haproxy]'
end

service 'haproxy' do
  supports reload: true
  action [:enable, :start]
end
