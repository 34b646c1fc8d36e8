default['login']['passwords'] = true
default['login']['keys'] = true
