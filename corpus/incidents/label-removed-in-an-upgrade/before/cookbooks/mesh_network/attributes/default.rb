default['mesh_network']['as'] = 64_512
