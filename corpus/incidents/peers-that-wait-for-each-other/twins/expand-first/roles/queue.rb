name 'queue'
run_list 'role[message_broker]'
