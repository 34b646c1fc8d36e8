web = search(:node, 'roles:web').reject { |n| n['service_mesh'].nil? }.sort_by(&:name)

template '/etc/envoy/envoy.yaml' do
  variables(web: web)
end
