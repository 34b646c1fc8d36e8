package 'till-checkout'

service 'till-checkout' do
  action [:enable, :start]
end
