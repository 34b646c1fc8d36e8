use_inline_resources

def whyrun_supported?
  true
end

action :create do
  package 'haproxy'

  template '/etc/haproxy/haproxy.cfg' do
    cookbook 'market'
    source 'haproxy.cfg.erb'
    mode '0644'
    variables(
      :name => new_resource.name,
      :port => new_resource.port,
      :servers => new_resource.servers
    )
  end
end

action :delete do
  package 'haproxy' do
    action :remove
  end
end
