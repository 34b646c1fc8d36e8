name 'shop'
version '2.3.0'
