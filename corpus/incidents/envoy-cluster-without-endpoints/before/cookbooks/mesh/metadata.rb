name 'mesh'
version '1.4.0'
