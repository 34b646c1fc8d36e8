name 'fleet'
version '23.0.0'
chef_version '>= 16'
