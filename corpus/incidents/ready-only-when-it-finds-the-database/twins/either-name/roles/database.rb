name 'database'
run_list 'role[postgres]'
