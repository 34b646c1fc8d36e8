real = search(:node, 'roles:web').sort_by(&:name)

template '/etc/keepalived/keepalived.conf' do
  variables(real: real, weight: node['lvs']['weight'])
end
