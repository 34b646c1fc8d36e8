name 'balancer'
version '3.2.0'
chef_version '>= 14'
