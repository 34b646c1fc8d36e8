tag('serving')
