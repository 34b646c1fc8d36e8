default['edge']['maxconn'] = 20_000
