name 'waiting'
