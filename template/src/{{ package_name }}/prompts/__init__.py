"""The prompts: their catalog and the handlers that write their messages."""
