name 'shop_web'
run_list 'recipe[shop]'
