web = search(:node, 'roles:web').sort_by(&:name)

template '/etc/nginx/conf.d/shop.conf' do
  variables(web: web)
end
