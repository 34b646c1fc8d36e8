name 'edge'
version '1.4.0'
chef_version '>= 15'
