package 'till-receipts'

service 'till-receipts' do
  action [:enable, :start]
end
