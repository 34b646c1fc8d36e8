default['front']['drained'] = []
