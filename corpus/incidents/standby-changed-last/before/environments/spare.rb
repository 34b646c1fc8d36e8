name 'spare'
cookbook 'billing', '= 3.1.0'
