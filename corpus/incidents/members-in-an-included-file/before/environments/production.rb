name 'production'
description 'what customers reach'
