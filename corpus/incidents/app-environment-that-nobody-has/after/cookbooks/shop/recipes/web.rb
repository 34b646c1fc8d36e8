include_recipe 'base'

package 'nginx'

api = search(:node, "role:shop_api AND app_environment:#{node.chef_environment}")

data_bag('shops').sort.each do |id|
  shop = data_bag_item('shops', id)

  shop_site shop['host'] do
    root "#{node['shop']['root']}/#{id}"
    api_nodes api.sort_by(&:name)
    notifies :reload, 'service[nginx]'
  end
end

service 'nginx' do
  supports reload: true
  action [:enable, :start]
end
