name 'message_broker'
run_list 'recipe[broker]'
