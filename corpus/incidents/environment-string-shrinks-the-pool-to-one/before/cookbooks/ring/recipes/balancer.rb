package 'haproxy'

node['ring']['ports'].each do |name, port|
  node.default['ring']['haproxy']['sections'][name] = {
    'port' => port,
    'servers' => Ring::Members.of(node),
  }
end

# The services of the later recipes are reached through the balancer, so it is written while compiling.
config = template '/etc/haproxy/haproxy.cfg' do
  source 'haproxy.cfg.erb'
  mode '0644'
  action :nothing
end
config.run_action(:create)

service 'haproxy' do
  action [:enable, :start]
end
