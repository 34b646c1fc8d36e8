name 'production'
description 'What customers use'
default_attributes(
  'edge' => {
    'live' => true
  },
  'shop' => {
    'rack_env' => 'production'
  }
)
