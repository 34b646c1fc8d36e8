name 'storefront'
version '1.4.0'
chef_version '>= 15'
