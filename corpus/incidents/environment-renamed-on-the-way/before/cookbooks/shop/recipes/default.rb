file '/etc/shop.conf'
