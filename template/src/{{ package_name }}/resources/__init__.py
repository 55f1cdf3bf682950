"""The resources: their catalog and the providers that read them."""
