name 'database'
run_list 'recipe[database]'
