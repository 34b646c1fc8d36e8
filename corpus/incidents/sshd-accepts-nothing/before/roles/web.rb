name 'web'
run_list 'recipe[login]'
