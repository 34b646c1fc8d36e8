name 'tickets_app'
description 'Sells tickets'
run_list 'recipe[tickets::app]'
