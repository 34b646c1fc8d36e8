name 'queue'
run_list 'recipe[broker]'
