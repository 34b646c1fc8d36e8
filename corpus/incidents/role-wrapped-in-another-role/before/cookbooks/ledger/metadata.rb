name        "ledger"
description "Accounts and quotes"
version     "4.1.2"
