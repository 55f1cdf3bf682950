"""Measure the server that the template renders next to its alternatives."""
