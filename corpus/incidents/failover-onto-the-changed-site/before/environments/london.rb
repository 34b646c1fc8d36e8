name 'london'
cookbook 'shop', '= 2.3.0'
default_attributes('datacenter' => 'london')
