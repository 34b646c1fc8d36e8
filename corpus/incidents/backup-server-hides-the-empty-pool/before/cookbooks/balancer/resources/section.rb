resource_name :haproxy_section
provides :haproxy_section

property :section, String, name_property: true
property :order, Integer, default: 50
property :source, String, default: lazy { "#{section}.cfg.erb" }
property :variables, Hash, default: {}

default_action :create

action :create do
  template "#{node['balancer']['conf_dir']}/#{new_resource.order}-#{new_resource.section}.cfg" do
    cookbook 'balancer'
    source new_resource.source
    mode '0644'
    variables new_resource.variables
  end
end
