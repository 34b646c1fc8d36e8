name 'reserve'
