"""The official conformance suite, run against a rendered server."""
