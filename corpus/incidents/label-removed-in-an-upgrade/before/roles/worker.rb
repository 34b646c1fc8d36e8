name 'worker'
description 'A worker machine of the cluster'
run_list 'recipe[mesh_network]'
