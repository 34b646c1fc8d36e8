name 'edge'
version '1.4.0'
