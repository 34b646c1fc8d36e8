name 'till'
run_list []
