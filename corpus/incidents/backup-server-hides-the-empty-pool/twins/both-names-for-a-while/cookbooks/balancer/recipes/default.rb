package 'haproxy'

directory node['balancer']['conf_dir'] do
  recursive true
end

haproxy_section 'global' do
  order 10
  notifies :reload, 'service[haproxy]'
end

haproxy_section 'tickets' do
  order 60
  variables(
    :app_servers => search(:node, '(roles:tickets_app OR roles:box_office) AND tags:active').sort_by(&:name),
    :search_servers => search(:node, 'roles:tickets_search AND tags:active').sort_by(&:name),
    :sorry_server => node['balancer']['sorry_server']
  )
  notifies :reload, 'service[haproxy]'
end

service 'haproxy' do
  supports :reload => true
  action [:enable, :start]
end
