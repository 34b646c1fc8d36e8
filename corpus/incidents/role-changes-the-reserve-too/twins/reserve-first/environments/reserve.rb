name 'reserve'
override_attributes('checkout' => { 'connections' => 200 })
