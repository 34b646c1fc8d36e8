name        "mesh"
description "A local HAProxy on every machine, one port for each service"
version     "0.3.0"
