name 'frontdoor'
version '1.0.7'
