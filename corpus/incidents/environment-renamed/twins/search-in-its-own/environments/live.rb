name 'live'
