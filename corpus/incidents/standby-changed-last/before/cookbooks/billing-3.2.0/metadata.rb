name 'billing'
version '3.2.0'
