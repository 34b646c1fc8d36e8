include_recipe 'fleet'

package 'bird2'

reflectors = search(
  :node,
  "fleet_labels_master:true AND chef_environment:#{node.chef_environment}",
  filter_result: { 'name' => %w(name), 'address' => %w(ipaddress) }
)

template '/etc/bird/bird.conf' do
  source 'bird.conf.erb'
  variables(
    reflectors: reflectors.reject { |peer| peer['name'] == node.name }.sort_by { |peer| peer['name'] },
    as: node['mesh_network']['as']
  )
  notifies :reload, 'service[bird]'
end

service 'bird' do
  action %i(enable start)
end
