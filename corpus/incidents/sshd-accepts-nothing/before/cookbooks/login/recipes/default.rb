template '/etc/ssh/sshd_config' do
  mode '0600'
  variables(ssh: node['login'])
  notifies :reload, 'service[ssh]'
end

service 'ssh' do
  action :nothing
end
