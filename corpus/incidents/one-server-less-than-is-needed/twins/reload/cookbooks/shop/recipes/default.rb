file '/etc/shop.conf' do
  content "timeout = #{node['shop']['timeout']}\n"
  notifies :reload, 'service[shop]'
end

service 'shop' do
  action [:enable, :start]
end
