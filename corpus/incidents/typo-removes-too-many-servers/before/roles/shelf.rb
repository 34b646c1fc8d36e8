name 'shelf'
description 'Keeps objects'
run_list 'recipe[shelf]'
