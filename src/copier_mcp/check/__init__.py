"""The verb `check`: what is wrong with an answers file, all of it at once, each with its line.

`reading` makes a tree of the YAML, in which each value knows its place in the file. `answers` asks
the validators of copier.yml, the same that a render asks. They stop at their first mistake, so
`places` finds what it is about in the tree, `mending` makes that right or takes it out, and they
are asked again. `hints` are beyond what a render looks at.
"""
