"""The kind `openapi` of the verb `import`: makes an answers file of an OpenAPI document.

`parsing` reads JSON and YAML; `documents` fetches a document and what it refers to, from nowhere
else; `validating` asks openapi-spec-validator. `operations` lists what the document describes, and
`swagger` writes version 2.0 like the later ones. `dialect` and `bundling` write schemas as JSON
Schema 2020-12. `arguments`, `bodies`, `answers` and `security` say the parts in the language of
docs/declarations.md, `tools` puts them together, and `losses` collects what cannot be said.
"""
