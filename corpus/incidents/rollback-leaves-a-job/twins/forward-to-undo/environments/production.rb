name 'production'
cookbook 'shop', '= 5.1.1'
