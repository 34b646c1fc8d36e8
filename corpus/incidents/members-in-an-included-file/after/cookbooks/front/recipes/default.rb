template '/etc/apache2/sites-available/shop.conf'

template '/etc/apache2/balancers/shop.conf' do
  source 'members.conf.erb'
  variables(web: search(:node, 'roles:web AND tags:in-rotation').sort_by(&:name))
end
