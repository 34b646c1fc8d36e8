default['lvs']['weight'] = 1
