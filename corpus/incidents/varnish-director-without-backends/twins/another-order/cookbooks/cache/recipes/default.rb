web = search(:node, 'chef_environment:production AND roles:web').sort_by(&:name)

package 'varnish'

template '/etc/varnish/default.vcl' do
  variables(web: web)
  notifies :reload, 'service[varnish]'
end

service 'varnish' do
  action %i(enable start)
end
