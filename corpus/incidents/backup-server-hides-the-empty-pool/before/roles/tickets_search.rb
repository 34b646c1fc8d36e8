name 'tickets_search'
description 'Finds tickets'
run_list 'recipe[tickets::search]'
