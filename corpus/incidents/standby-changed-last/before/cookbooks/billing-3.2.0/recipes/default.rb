file '/etc/billing.conf' do
  content "timeout = 60\n"
  notifies :reload, 'service[billing]'
end

service 'billing' do
  action [:enable, :start]
end
