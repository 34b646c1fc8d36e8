names = search(:node, 'roles:cache').map(&:name).sort
node.normal['cache_active'] = names.first == node.name

file '/etc/cache.conf' do
  content "active = #{node['cache_active']}\n"
end
