template '/etc/shop/shop.conf' do
  source 'shop.conf.erb'
  notifies :restart, 'service[shop]'
end

service 'shop' do
  supports reload: true
  action [:enable, :start]
end
