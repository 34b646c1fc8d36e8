package 'chrony'

template '/etc/chrony/chrony.conf' do
  source 'chrony.conf.erb'
  variables(servers: node['base']['ntp_servers'])
  notifies :restart, 'service[chrony]'
end

service 'chrony' do
  action [:enable, :start]
end
