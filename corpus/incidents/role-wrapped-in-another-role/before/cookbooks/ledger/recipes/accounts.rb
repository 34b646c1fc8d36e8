package 'ledger-accounts'

service 'ledger-accounts' do
  action [:enable, :start]
end
