name 'live'
cookbook 'billing', '= 3.2.0'
