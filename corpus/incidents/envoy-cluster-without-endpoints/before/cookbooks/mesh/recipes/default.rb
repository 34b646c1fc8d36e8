web = search(:node, 'roles:web').reject { |n| n['mesh'].nil? }.sort_by(&:name)

template '/etc/envoy/envoy.yaml' do
  variables(web: web)
end
