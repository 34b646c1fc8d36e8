name 'market'
description 'The market, with its own balancer in front of Redis'
run_list 'recipe[market]'
