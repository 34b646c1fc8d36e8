name 'edge'
run_list 'recipe[proxy]'
