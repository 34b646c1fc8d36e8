default['front']['drained'] = ['web']
