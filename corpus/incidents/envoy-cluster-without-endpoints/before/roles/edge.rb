name 'edge'
run_list 'recipe[mesh]'
