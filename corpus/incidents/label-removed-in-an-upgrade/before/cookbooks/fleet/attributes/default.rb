control_plane = node['roles'].include?('control_plane')

# Labels say what a machine is for. Others select by them.
default['fleet']['labels']['master'] = control_plane
default['fleet']['labels']['control_plane'] = control_plane
default['fleet']['labels']['worker'] = !control_plane
