name 'production'
description 'What customers use'
default_attributes(
  'shop' => {
    'rack_env' => 'production'
  }
)
