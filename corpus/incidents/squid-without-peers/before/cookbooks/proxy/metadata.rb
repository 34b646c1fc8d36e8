name 'proxy'
version '1.4.0'
