"""FastMCP, served by its own `run()`."""

# FastMCP has an environment of its own, so it is not there where this file is checked.
from fastmcp import FastMCP  # type: ignore[import-not-found]

from benchmarks.servers.functions import add, search_function
from benchmarks.servers.toolset import (
    ADD_DESCRIPTION,
    NAME,
    SEARCH_DESCRIPTION,
    VERSION,
    command_line,
    search_names,
)


def main() -> None:
    """Serve stdio, or stateless HTTP with JSON answers."""
    tools, port = command_line()
    server = FastMCP(NAME, version=VERSION)
    server.tool(add, name="add", description=ADD_DESCRIPTION)
    for name in search_names(tools):
        server.tool(search_function(), name=name, description=SEARCH_DESCRIPTION)
    if port is None:
        server.run()
    else:
        server.run("http", port=port, stateless_http=True, json_response=True)
