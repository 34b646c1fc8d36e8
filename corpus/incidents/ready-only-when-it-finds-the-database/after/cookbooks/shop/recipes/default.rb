databases = search(:node, 'roles:postgres')
node.normal['app_ready'] = !databases.empty?
