real = search(:node, 'roles:web').sort_by(&:name)
real = real.select { |n| [nil, node['datacenter']].include?(n['datacenter']) }

template '/etc/keepalived/keepalived.conf' do
  variables(real: real, weight: node['lvs']['weight'])
end
