names = search(:node, 'roles:cache').map(&:name).sort.reverse
node.normal['cache_active'] = names.last == node.name

file '/etc/cache.conf' do
  content "active = #{node['cache_active']}\n"
end
