name 'www'
version '1.4.0'
