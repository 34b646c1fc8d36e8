name 'checkout'
version '1.9.0'
