name 'west'
cookbook 'shop', '= 2.4.0'
