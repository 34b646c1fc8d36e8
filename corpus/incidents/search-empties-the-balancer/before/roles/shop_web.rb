name 'shop_web'
description 'Serves the storefront'
run_list 'recipe[storefront]'
