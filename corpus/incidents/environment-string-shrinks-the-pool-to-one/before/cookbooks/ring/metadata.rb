name 'ring'
version '6.0.1'
chef_version '>= 12.5'
