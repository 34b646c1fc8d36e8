name 'market'
version '2.7.1'
