tills = search(:node, 'role:till AND site:york').sort_by(&:name)

template '/etc/nginx/conf.d/tills.conf' do
  source 'tills.conf.erb'
  variables(tills: tills)
  notifies :reload, 'service[nginx]'
end

service 'nginx' do
  action [:enable, :start]
end
