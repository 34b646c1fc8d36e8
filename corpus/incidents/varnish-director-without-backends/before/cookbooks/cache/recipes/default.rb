web = search(:node, 'roles:web AND chef_environment:production').sort_by(&:name)

package 'varnish'

template '/etc/varnish/default.vcl' do
  variables(web: web)
  notifies :reload, 'service[varnish]'
end

service 'varnish' do
  action %i(enable start)
end
