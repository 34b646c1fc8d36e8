name 'production'
description 'What buyers use'
override_attributes(
  'redis' => {
    'servers' => ['10.90.0.31', '10.90.0.32', '10.90.0.33']
  }
)
