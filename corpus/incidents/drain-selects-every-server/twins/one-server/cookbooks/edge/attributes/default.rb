default['edge']['maxconn'] = 20_000
default['edge']['stats']['port'] = 8404
default['edge']['drained'] = %w(web1)
