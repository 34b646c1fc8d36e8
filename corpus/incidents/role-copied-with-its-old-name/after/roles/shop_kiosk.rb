name 'shop_web'
description 'Screens in the showroom'
run_list 'role[base]'
