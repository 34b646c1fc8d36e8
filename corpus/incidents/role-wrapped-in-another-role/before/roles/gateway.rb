name 'gateway'
description 'Where partners come in'
run_list 'recipe[mesh]'
