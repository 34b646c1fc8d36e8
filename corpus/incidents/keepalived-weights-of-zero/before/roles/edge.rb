name 'edge'
run_list 'recipe[lvs]'
