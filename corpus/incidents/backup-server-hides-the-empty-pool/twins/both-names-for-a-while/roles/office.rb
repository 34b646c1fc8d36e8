name 'office'
description 'A machine of the ticket office'
run_list 'role[box_office]'
