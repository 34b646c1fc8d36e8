name 'shop'
version '2.1.0'
chef_version '>= 15'
depends 'base'
