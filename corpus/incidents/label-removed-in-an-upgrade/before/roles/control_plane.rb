name 'control_plane'
description 'A control plane machine of the cluster'
run_list 'recipe[mesh_network]'
