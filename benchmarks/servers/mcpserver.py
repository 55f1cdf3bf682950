"""The SDK's `MCPServer`, served by its own `run()`."""

from mcp.server.mcpserver import MCPServer

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
    server = MCPServer(NAME, version=VERSION)
    server.add_tool(add, name="add", description=ADD_DESCRIPTION)
    for name in search_names(tools):
        server.add_tool(search_function(), name=name, description=SEARCH_DESCRIPTION)
    if port is None:
        server.run()
    else:
        server.run("streamable-http", port=port, stateless_http=True, json_response=True)
