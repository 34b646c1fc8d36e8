name 'base'
description 'Every machine'
run_list 'role[monitoring]', 'recipe[base]'
