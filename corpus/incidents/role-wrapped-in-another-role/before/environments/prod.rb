name 'prod'
description 'Real money'
