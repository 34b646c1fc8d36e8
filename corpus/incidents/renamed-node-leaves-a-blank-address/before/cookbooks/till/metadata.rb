name 'till'
version '5.2.0'
