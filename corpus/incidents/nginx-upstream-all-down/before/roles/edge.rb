name 'edge'
run_list 'recipe[www]'
