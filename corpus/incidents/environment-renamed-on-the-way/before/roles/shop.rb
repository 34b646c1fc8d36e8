name 'shop'
run_list 'recipe[shop]'
