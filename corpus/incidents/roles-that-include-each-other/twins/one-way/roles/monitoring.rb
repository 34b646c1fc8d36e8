name 'monitoring'
description 'Watched by the on-call team'
run_list []
