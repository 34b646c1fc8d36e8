name 'spare'
cookbook 'billing', '= 3.2.0'
