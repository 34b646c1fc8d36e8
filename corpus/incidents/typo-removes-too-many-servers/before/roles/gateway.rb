name 'gateway'
description 'Takes objects in and hands them out'
default_attributes(
  'gateway' => {
    'retired' => []
  }
)
run_list 'recipe[gateway]'
