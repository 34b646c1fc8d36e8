name 'ring_api'
description 'Answers the API, each machine for all'
run_list 'recipe[ring]'
