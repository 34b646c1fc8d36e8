name 'edge'
run_list 'recipe[cache]'
