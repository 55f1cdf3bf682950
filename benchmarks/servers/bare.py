"""The SDK's low-level `Server`, written as its own examples are, plus validated arguments.

`bare` is that and no more. `bare_tuned` has what a careful author would find for HTTP: the schema
look-up, the faster HTTP parser and no access log.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import uvicorn
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from pydantic import BaseModel, ValidationError, create_model

from benchmarks.servers.toolset import (
    ADD_DESCRIPTION,
    NAME,
    SEARCH_DESCRIPTION,
    VERSION,
    A,
    AddResult,
    B,
    Label,
    Limit,
    Query,
    SearchResult,
    Sort,
    command_line,
    search_names,
)


class AddArguments(BaseModel):
    """What `add` is called with."""

    a: A
    b: B


class SearchArguments(BaseModel):
    """What a look-alike is called with."""

    query: Query
    limit: Limit = 10
    sort: Sort = "relevance"
    label: Label = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One tool: what clients see of it, the model of its arguments, and what it does."""

    tool: types.Tool
    arguments: type[BaseModel]
    handler: Callable[[Any], Awaitable[BaseModel]]


async def add(arguments: AddArguments) -> AddResult:
    """Add two numbers."""
    return AddResult(sum=arguments.a + arguments.b)


async def search(arguments: SearchArguments) -> SearchResult:
    """Answer a look-alike, which nobody calls."""
    return SearchResult(entries=[arguments.query][: arguments.limit], total=1)


def entry(
    name: str,
    description: str,
    arguments: type[BaseModel],
    result: type[BaseModel],
    handler: Callable[[Any], Awaitable[BaseModel]],
) -> Entry:
    """Build one tool, its schemas once."""
    tool = types.Tool(
        name=name,
        description=description,
        input_schema=arguments.model_json_schema(),
        output_schema=result.model_json_schema(mode="serialization"),
    )
    return Entry(tool, arguments, handler)


def build_server(tools: int, *, look_up: bool) -> Server:
    """Build a server with so many tools."""
    entries = {"add": entry("add", ADD_DESCRIPTION, AddArguments, AddResult, add)}
    for name in search_names(tools):
        # A model of its own for each, as a server with that many different tools has.
        arguments = create_model(f"{name}_arguments", __base__=SearchArguments)
        result = create_model(f"{name}_result", __base__=SearchResult)
        entries[name] = entry(name, SEARCH_DESCRIPTION, arguments, result, search)
    listed = types.ListToolsResult(tools=[each.tool for each in entries.values()])

    async def on_list_tools(
        _context: ServerRequestContext, _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return listed

    async def on_call_tool(
        _context: ServerRequestContext, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        called = entries[params.name]
        try:
            arguments = called.arguments.model_validate(params.arguments or {})
        except ValidationError as error:
            text = types.TextContent(type="text", text=str(error))
            return types.CallToolResult(content=[text], is_error=True)
        result = await called.handler(arguments)
        text = types.TextContent(type="text", text=result.model_dump_json())
        return types.CallToolResult(
            content=[text], structured_content=result.model_dump(mode="json")
        )

    def input_schema(name: str) -> Mapping[str, Any] | None:
        found = entries.get(name)
        return found.tool.input_schema if found else None

    return Server(
        NAME,
        version=VERSION,
        on_list_tools=on_list_tools,
        on_call_tool=on_call_tool,
        get_tool_input_schema=input_schema if look_up else None,
    )


async def serve_stdio(server: Server) -> None:
    """Serve one client on the standard streams."""
    async with stdio_server() as (read_stream, write_stream):
        await server.run(read_stream, write_stream, server.create_initialization_options())


def main() -> None:
    """Serve as the SDK's examples do."""
    tools, port = command_line()
    server = build_server(tools, look_up=False)
    if port is None:
        asyncio.run(serve_stdio(server))
    else:
        app = server.streamable_http_app(stateless_http=True, json_response=True)
        # The default parser is named: in an environment that has httptools, "auto" would take it.
        uvicorn.run(app, port=port, http="h11")


def main_tuned() -> None:
    """Serve HTTP with what a careful author would find."""
    tools, port = command_line()
    app = build_server(tools, look_up=True).streamable_http_app(
        stateless_http=True, json_response=True
    )
    uvicorn.run(app, port=port or 0, http="httptools", access_log=False)
