default['proxy']['peers'] = %w(10.20.5.1 10.20.5.2)
