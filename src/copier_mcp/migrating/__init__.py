"""The verb `migrate`: an answers file and a worklist for a server on `mcp` 1.x or FastMCP.

`starting` finds the command of the server, and `importing` reads it. `sources` parses its code
without importing it, `functions` finds what is behind each tool, resource and prompt, `values` the
settings and the state, and `uses` the names of the SDK, of which `names` knows what they became.
`worklist` writes it all down. No code is moved, and no file of the project is changed.
"""
