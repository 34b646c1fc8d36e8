name 'box_office'
description 'Sells tickets'
run_list 'recipe[tickets::app]'
