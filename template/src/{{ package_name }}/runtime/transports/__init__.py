"""The transports: how messages reach the server, and answers its clients."""
