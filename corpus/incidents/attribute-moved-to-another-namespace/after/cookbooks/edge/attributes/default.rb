default['edge']['maxconn'] = 20_000
default['edge']['monitoring']['stats_port'] = 8404
default['edge']['drained'] = []
