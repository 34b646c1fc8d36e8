name 'london'
cookbook 'shop', '= 2.4.0'
default_attributes('datacenter' => 'london')
