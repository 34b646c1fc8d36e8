default['front']['drained'] = ['web3']
