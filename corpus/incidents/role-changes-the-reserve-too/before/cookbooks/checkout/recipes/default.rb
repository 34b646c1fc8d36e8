file '/etc/checkout.conf' do
  content "connections = #{node['checkout']['connections']}\n"
  notifies :reload, 'service[checkout]'
end

service 'checkout' do
  action [:enable, :start]
end
