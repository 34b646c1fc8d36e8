name 'billing'
version '1.0.0'
