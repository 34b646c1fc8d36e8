default['edge']['slots'] = 6
default['edge']['weight'] = 100
