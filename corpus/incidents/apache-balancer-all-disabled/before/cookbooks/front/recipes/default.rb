web = search(:node, 'roles:web').sort_by(&:name)
drained = node['front']['drained']

template '/etc/apache2/sites-available/shop.conf' do
  variables(web: web, drained: drained)
end
