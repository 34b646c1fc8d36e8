name "site_web_next"
description "The site on its new machines"
run_list("role[site_web]")
