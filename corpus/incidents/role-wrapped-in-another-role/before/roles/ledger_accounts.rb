name 'ledger_accounts'
description 'Offers accounts'
run_list 'recipe[ledger::accounts]', 'recipe[mesh]'
