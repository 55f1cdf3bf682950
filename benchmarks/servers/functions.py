"""The tools as plain functions, the way both high-level servers want them."""

from collections.abc import Awaitable, Callable

from benchmarks.servers.toolset import (
    ADD_DESCRIPTION,
    SEARCH_DESCRIPTION,
    A,
    AddResult,
    B,
    Label,
    Limit,
    Query,
    SearchResult,
    Sort,
    search_names,
)


def register(add_tool: Callable[..., object], tools: int) -> None:
    """Register so many tools with the method that a server has for it."""
    add_tool(add, name="add", description=ADD_DESCRIPTION)
    for name in search_names(tools):
        add_tool(search_function(), name=name, description=SEARCH_DESCRIPTION)


async def add(a: A, b: B) -> AddResult:
    """Add two numbers."""
    return AddResult(sum=a + b)


def search_function() -> Callable[..., Awaitable[SearchResult]]:
    """Make one look-alike; a new function each time, as in a server written by hand."""

    async def search(
        query: Query, limit: Limit = 10, sort: Sort = "relevance", label: Label = None
    ) -> SearchResult:
        return SearchResult(entries=[query][:limit], total=len(label or sort))

    return search
