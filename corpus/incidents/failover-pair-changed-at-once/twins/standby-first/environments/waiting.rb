name 'waiting'
override_attributes('edge' => { 'connections' => 200 })
