package 'tickets-search'

service 'tickets-search' do
  action [:enable, :start]
end
