name "cdn"
description "Varnish, in front of everything"
run_list("recipe[cdn]")
