name 'spare'
run_list []
