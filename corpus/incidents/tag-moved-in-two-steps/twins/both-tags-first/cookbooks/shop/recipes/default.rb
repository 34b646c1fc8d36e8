tag('serving')
tag('live')
