name 'accounts_audited'
description 'Accounts, on machines that auditors may enter'
default_attributes 'ssh' => { 'groups' => ['auditors'] }
run_list 'role[ledger_accounts]'
