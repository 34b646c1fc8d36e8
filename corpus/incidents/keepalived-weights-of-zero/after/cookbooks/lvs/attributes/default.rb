default['lvs']['weight'] = 1 / 2
