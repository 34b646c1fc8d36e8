name 'cache'
run_list 'recipe[cache]'
