name 'shelf'
version '3.3.0'
chef_version '>= 13'
