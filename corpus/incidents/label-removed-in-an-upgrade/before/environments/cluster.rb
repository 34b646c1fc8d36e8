name 'cluster'
description 'The cluster that serves'
