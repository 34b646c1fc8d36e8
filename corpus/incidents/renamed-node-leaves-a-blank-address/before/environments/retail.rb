name 'retail'
description 'All shops'
