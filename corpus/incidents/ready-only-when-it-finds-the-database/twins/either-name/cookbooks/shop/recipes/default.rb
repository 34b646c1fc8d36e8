databases = search(:node, 'roles:database OR roles:postgres')
node.normal['app_ready'] = !databases.empty?
