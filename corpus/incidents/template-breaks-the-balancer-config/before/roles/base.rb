name 'base'
description 'Every machine'
run_list 'recipe[base]'
