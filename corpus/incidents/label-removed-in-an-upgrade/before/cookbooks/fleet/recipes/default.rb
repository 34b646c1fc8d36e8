directory '/etc/fleet'

file '/etc/fleet/labels' do
  content node['fleet']['labels'].select { |_, set| set }.keys.sort.join("\n") + "\n"
  mode '0644'
end
