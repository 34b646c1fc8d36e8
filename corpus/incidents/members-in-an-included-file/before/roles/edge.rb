name 'edge'
run_list 'recipe[front]'
