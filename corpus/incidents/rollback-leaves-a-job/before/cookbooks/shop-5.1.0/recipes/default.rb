file '/etc/shop.conf' do
  content "workers = 4\n"
  notifies :reload, 'service[shop]'
end

service 'shop' do
  action [:enable, :start]
end

cron 'rebuild-thumbnails' do
  minute '*/10'
  command '/usr/local/bin/rebuild-thumbnails'
end
