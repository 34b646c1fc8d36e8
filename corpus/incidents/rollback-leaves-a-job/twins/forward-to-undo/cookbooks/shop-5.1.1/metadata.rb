name 'shop'
version '5.1.1'
