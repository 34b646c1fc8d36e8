name 'billing'
version '3.1.0'
