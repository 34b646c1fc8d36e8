template '/etc/billing.conf' do
  source 'billing.conf.erb'
  variables(timeout: 60)
  notifies :reload, 'service[billing]'
end

service 'billing' do
  action [:enable, :start]
end
