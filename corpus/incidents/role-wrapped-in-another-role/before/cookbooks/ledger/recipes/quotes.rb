package 'ledger-quotes'

service 'ledger-quotes' do
  action [:enable, :start]
end
