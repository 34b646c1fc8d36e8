default['balancer']['conf_dir'] = '/etc/haproxy/conf.d'
default['balancer']['sorry_server'] = '10.30.0.251:80'
