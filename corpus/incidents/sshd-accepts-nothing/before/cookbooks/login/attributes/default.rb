default['login']['passwords'] = false
default['login']['keys'] = true
