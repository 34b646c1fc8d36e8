package 'tickets-app'

service 'tickets-app' do
  action [:enable, :start]
end
