"""What is measured: the rendered server and its alternatives, and how they are installed."""
