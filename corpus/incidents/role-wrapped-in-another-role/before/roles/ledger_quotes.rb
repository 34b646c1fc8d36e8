name 'ledger_quotes'
description 'Offers quotes'
run_list 'recipe[ledger::quotes]', 'recipe[mesh]'
