# role => the services that its nodes offer
default['mesh']['services'] = {
  'ledger_accounts' => { 'accounts' => 7001, 'statements' => 7002 },
  'ledger_quotes'   => { 'quotes' => 7101 }
}
