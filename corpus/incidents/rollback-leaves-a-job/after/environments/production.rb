name 'production'
cookbook 'shop', '= 5.0.0'
