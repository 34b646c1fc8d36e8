package 'haproxy'

services = data_bag('services').sort.map { |id| data_bag_item('services', id) }

pools = services.map do |service|
  servers = service['backends'].map do |backend|
    # checkout-02 runs on the machine till-checkout02
    host = if backend =~ /\A(\w+)-(\d+)\z/
             "till-#{$1}#{$2}"
           else
             backend
           end
    found = search(:node, "name:#{host}").first
    { 'name' => backend, 'address' => found ? found['ipaddress'] : nil }
  end
  { 'name' => service['id'], 'port' => service['port'], 'servers' => servers }
end

template '/etc/haproxy/haproxy.cfg' do
  source 'haproxy.cfg.erb'
  owner 'root'
  group 'root'
  mode '0644'
  variables('pools' => pools)
  notifies :reload, 'service[haproxy]'
end

service 'haproxy' do
  action [:enable, :start]
end
