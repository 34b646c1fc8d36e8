name 'web'
default_attributes('mesh' => { 'port' => 8080 })
run_list []
