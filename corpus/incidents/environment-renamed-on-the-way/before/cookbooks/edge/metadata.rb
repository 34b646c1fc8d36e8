name 'edge'
version '1.0.0'
