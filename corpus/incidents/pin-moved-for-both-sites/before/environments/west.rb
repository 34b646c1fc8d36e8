name 'west'
cookbook 'shop', '= 2.3.0'
