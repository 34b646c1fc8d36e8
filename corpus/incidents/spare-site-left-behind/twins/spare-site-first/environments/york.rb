name 'york'
cookbook 'shop', '= 2.4.0'
default_attributes('datacenter' => 'york')
