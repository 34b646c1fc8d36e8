name 'production'
description 'What customers use'
default_attributes(
  'edges' => {
    'live' => true
  },
  'shop' => {
    'rack_env' => 'production'
  }
)
