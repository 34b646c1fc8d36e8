name 'postgres'
run_list 'recipe[database]'
