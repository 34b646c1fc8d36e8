# The role whose nodes Varnish fetches from
default[:cdn][:origin_role] = 'site_web'
default[:cdn][:origin_port] = 8080
default[:cdn][:memory] = '2G'
