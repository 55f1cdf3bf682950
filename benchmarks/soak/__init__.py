"""What an hour of load does to rendered servers: the clients, and the verdict."""
