name 'gateway'
description 'Takes objects in and hands them out'
default_attributes(
  'gateway' => {
    'retired' => ['shelf1$']
  }
)
run_list 'recipe[gateway]'
