name 'store_web'
run_list 'recipe[shop]'
