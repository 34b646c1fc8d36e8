name "site_web"
description "The site, as it has been for years"
run_list("recipe[site::web]")
