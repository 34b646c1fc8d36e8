package 'varnish'

origins = search(:node, "roles:#{node[:cdn][:origin_role]} AND chef_environment:#{node.chef_environment}")
origins.sort! { |a, b| a.name <=> b.name }

template '/etc/varnish/backends.vcl' do
  source 'backends.vcl.erb'
  variables :origins => origins, :port => node[:cdn][:origin_port]
  notifies :reload, 'service[varnish]'
end

template '/etc/varnish/director.vcl' do
  source 'director.vcl.erb'
  variables :count => origins.length
  notifies :reload, 'service[varnish]'
end

template '/etc/varnish/default.vcl' do
  source 'default.vcl.erb'
  notifies :reload, 'service[varnish]'
end

service 'varnish' do
  supports :reload => true
  action [:enable, :start]
end
