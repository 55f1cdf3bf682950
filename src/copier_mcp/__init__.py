"""The command `copier-mcp`: checks answers files before a render. It is no part of any render."""
