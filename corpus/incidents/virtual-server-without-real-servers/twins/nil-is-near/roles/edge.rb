name 'edge'
default_attributes('datacenter' => 'north')
run_list 'recipe[lvs]'
