name 'shop_kiosk'
description 'Screens in the showroom'
run_list 'role[base]'
