name 'edge'
description 'Load balancers that customers reach'
run_list 'recipe[edge]'
