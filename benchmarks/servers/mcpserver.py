"""The SDK's `MCPServer`, served by its own `run()`."""

from mcp.server.mcpserver import MCPServer

from benchmarks.servers.functions import register
from benchmarks.servers.toolset import NAME, VERSION, command_line


def main() -> None:
    """Serve stdio, or stateless HTTP with JSON answers."""
    tools, port = command_line()
    server = MCPServer(NAME, version=VERSION)
    register(server.add_tool, tools)
    if port is None:
        server.run()
    else:
        server.run("streamable-http", port=port, stateless_http=True, json_response=True)
