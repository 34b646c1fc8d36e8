untag('serving')
tag('live')
