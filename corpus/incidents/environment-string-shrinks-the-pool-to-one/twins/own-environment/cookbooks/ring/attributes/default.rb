default['ring']['role'] = 'ring_api'
default['ring']['environment'] = node.chef_environment
default['ring']['ports'] = { 'identity' => 5000, 'images' => 9292 }
default['ring']['haproxy']['sections'] = {}
