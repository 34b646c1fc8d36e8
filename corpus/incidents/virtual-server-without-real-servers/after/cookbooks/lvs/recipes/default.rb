real = search(:node, 'roles:web').sort_by(&:name)
real = real.select { |n| n['datacenter'] == node['datacenter'] }

template '/etc/keepalived/keepalived.conf' do
  variables(real: real, weight: node['lvs']['weight'])
end
