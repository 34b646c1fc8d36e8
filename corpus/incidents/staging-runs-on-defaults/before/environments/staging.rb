name 'staging'
description 'Redis runs beside the application, where the cookbook expects it'
