"""What a tool with a database takes beyond its statements."""
