name 'live'
cookbook 'billing', '= 3.1.0'
