name 'cache'
version '1.4.0'
