default['gateway']['retired'] = []
