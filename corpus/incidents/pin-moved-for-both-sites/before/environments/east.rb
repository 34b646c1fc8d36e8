name 'east'
cookbook 'shop', '= 2.3.0'
