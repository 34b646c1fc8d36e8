name 'preproduction'
description 'Where changes are tried'
default_attributes(
  'edge' => {
    'live' => true
  },
  'shop' => {
    'rack_env' => 'preproduction'
  }
)
