name 'edge'
run_list 'recipe[edge]'
default_attributes('edge' => { 'connections' => 200 })
