default['ring']['role'] = 'ring_api'
default['ring']['environment'] = 'live'
default['ring']['ports'] = { 'identity' => 5000, 'images' => 9292 }
default['ring']['haproxy']['sections'] = {}
