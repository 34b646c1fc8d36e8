name 'live'
description 'Open to the public'
