name 'broker'
version '2.1.0'
