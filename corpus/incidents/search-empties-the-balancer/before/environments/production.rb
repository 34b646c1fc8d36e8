name 'production'
description 'What customers use'
