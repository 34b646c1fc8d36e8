include_recipe 'base'

template '/etc/shop/puma.rb' do
  source 'puma.rb.erb'
  variables(workers: node['shop']['workers'], port: node['shop']['api']['port'])
  notifies :reload, 'service[shop-api]'
end

service 'shop-api' do
  action [:enable, :start]
end
