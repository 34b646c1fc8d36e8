active = search(:node, 'cache_active:true')
node.normal['cache_active'] = active.empty?

file '/etc/cache.conf' do
  content "active = #{node['cache_active']}\n"
end
