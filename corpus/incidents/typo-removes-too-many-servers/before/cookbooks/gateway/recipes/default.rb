package 'nginx'

serving = shelves

template '/etc/nginx/conf.d/shelves.conf' do
  source 'shelves.conf.erb'
  variables shelves: serving
  notifies :reload, 'service[nginx]'
end

service 'nginx' do
  supports reload: true
  action [:enable, :start]
end
