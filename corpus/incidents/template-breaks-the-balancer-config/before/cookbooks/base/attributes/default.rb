default['base']['ntp_servers'] = %w(ntp1.shop.example ntp2.shop.example)
