peers = node['proxy']['peers'] || []

template '/etc/squid/squid.conf' do
  variables(peers: peers)
end
