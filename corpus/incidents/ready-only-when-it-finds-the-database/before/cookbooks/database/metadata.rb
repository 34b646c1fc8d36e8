name 'database'
version '1.0.0'
