name 'shop'
version '2.4.0'
