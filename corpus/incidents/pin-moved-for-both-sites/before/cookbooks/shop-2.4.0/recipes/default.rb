file '/etc/shop.conf' do
  content "workers = 8\n"
  notifies :reload, 'service[shop]'
end

service 'shop' do
  action [:enable, :start]
end
