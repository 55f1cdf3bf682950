"""The tools: their catalog, the models of their arguments and results, and their handlers."""
