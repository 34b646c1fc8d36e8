name 'mesh_network'
version '1.2.0'
chef_version '>= 16'
depends 'fleet'
