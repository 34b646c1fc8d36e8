name 'edge'
run_list 'recipe[edge]'
