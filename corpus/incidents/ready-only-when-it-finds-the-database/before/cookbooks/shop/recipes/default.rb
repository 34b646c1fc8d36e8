databases = search(:node, 'roles:database')
node.normal['app_ready'] = !databases.empty?
