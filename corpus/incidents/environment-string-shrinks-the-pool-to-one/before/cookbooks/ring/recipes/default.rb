include_recipe 'ring::balancer'

package 'ring-api'

service 'ring-api' do
  action [:enable, :start]
end
