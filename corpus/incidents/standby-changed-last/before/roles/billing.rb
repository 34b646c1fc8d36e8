name 'billing'
run_list 'recipe[billing]'
