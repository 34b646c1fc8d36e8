name 'shop_api'
description 'Answers the shops'
default_attributes(
  'shop' => {
    'workers' => 8
  }
)
run_list 'role[base]', 'recipe[shop::api]'
