name 'shop_web'
run_list 'role[store_web]'
