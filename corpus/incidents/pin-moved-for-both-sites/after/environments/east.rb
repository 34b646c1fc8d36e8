name 'east'
cookbook 'shop', '= 2.4.0'
