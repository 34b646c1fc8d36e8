default['lvs']['weight'] = 100 / 50
