package 'site'

service 'site' do
  action [:enable, :start]
end
