file '/etc/billing.conf' do
  content "timeout = 30\n"
  notifies :reload, 'service[billing]'
end

service 'billing' do
  action [:enable, :start]
end
