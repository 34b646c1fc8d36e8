package 'shelf'

service 'shelf' do
  action [:enable, :start]
end
