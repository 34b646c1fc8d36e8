name 'shop'
run_list []
