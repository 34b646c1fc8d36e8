package 'haproxy'

directory '/etc/haproxy/services.d'

cookbook_file '/etc/haproxy/haproxy.cfg' do
  mode '0644'
  notifies :reload, 'service[haproxy]'
end

node['mesh']['services'].each do |role, services|
  members = search(:node, "roles:#{role} AND chef_environment:#{node.chef_environment}")

  # A node that converges for the first time is not in the index yet.
  if node['roles'].include?(role) && members.none? { |member| member.name == node.name }
    members << node
  end

  services.each do |name, port|
    mesh_service name do
      port port
      members members
    end
  end
end

service 'haproxy' do
  supports :reload => true
  action [:enable, :start]
end
