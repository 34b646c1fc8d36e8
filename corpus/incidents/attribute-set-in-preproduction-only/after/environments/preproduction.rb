name 'preproduction'
description 'Where changes are tried'
default_attributes(
  'shop' => {
    'rack_env' => 'preproduction',
    'basket' => {
      'store' => 'redis'
    }
  }
)
