default['login']['passwords'] = false
default['login']['public_keys'] = true
