name 'edge'
description 'Load balancers that customers reach'
run_list 'role[base]', 'recipe[edge]'
