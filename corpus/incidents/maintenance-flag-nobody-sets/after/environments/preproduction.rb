name 'preproduction'
description 'Where changes are tried'
default_attributes(
  'edges' => {
    'live' => true
  },
  'shop' => {
    'rack_env' => 'preproduction'
  }
)
