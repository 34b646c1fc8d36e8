name 'gateway'
version '7.0.2'
chef_version '>= 13'
