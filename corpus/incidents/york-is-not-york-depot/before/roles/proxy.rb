name 'proxy'
run_list 'recipe[tills]'
