provides :shop_site
unified_mode true

property :server_name, String, name_property: true
property :listen, Integer, default: 80
property :root, String, required: true
property :api_nodes, Array, default: []

action :create do
  template "/etc/nginx/sites-enabled/#{new_resource.server_name}.conf" do
    cookbook 'shop'
    source 'site.conf.erb'
    variables(
      server_name: new_resource.server_name,
      listen: new_resource.listen,
      root: new_resource.root,
      api_nodes: new_resource.api_nodes
    )
  end
end

action :delete do
  file "/etc/nginx/sites-enabled/#{new_resource.server_name}.conf" do
    action :delete
  end
end
