"""The alternatives that the rendered server is measured against, each as its own docs have it."""
