name 'balancer'
description 'HAProxy in front of the ticket office'
run_list 'recipe[balancer]'
