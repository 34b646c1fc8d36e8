name 'production'
