file '/etc/shop.conf' do
  content "timeout = 30\n"
  notifies :reload, 'service[shop]'
end

service 'shop' do
  action [:enable, :start]
end
