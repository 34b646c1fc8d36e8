name 'login'
version '1.4.0'
