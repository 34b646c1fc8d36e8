name 'checkout'
run_list 'recipe[checkout]'
default_attributes('checkout' => { 'connections' => 20 })
