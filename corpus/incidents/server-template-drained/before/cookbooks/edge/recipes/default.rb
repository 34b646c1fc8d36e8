template '/etc/haproxy/haproxy.cfg' do
  variables(slots: node['edge']['slots'], weight: node['edge']['weight'])
end
