name 'east'
description 'The older region'
