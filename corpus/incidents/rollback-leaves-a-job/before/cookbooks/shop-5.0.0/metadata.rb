name 'shop'
version '5.0.0'
