"""The verb `import`: makes an answers file of a server that exists.

`reading` connects to it as a client and reads its lists. `declaring` says the same in the language
of docs/declarations.md: `fields` makes fields of JSON Schemas, and proves with `rendered` and
`schemas` that clients will see what they saw. `checking` asks the check of answers files, and falls
back where something is refused; `writing` writes YAML. What gets lost on the way is told. The
package `openapi` does the same for the document of an API.
"""
