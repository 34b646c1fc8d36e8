name 'tickets'
version '1.9.4'
chef_version '>= 14'
