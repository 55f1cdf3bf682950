"""FastMCP, served by its own `run()`."""

# FastMCP has an environment of its own, so it is not there where this file is checked.
from fastmcp import FastMCP  # type: ignore[import-not-found]

from benchmarks.servers.functions import register
from benchmarks.servers.toolset import NAME, VERSION, command_line


def main() -> None:
    """Serve stdio, or stateless HTTP with JSON answers."""
    tools, port = command_line()
    server = FastMCP(NAME, version=VERSION)
    register(server.tool, tools)
    if port is None:
        server.run()
    else:
        server.run("http", port=port, stateless_http=True, json_response=True)
