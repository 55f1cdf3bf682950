"""A server on FastMCP 2 and 3, to be migrated. Another server is mounted, and one tool is added."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_context
from fastmcp.tools.tool import ToolResult as Result

ROOT = os.environ.get("NOTES_ROOT", ".")
CACHE: dict[str, str] = {}


@asynccontextmanager
async def open_notes(_: Any) -> AsyncIterator[dict[str, Any]]:
    yield {"notes": []}


mcp = FastMCP("Notes", instructions="Notes of one person.", lifespan=open_notes)
archive = FastMCP("Archive")


@mcp.tool
async def search_notes(query: str, ctx: Context, limit: int = 10) -> list[str]:
    """Find the notes that contain every word of the query."""
    await ctx.report_progress(limit, 2)
    await ctx.info("searching")
    return [query]


@mcp.tool(name="note-count", annotations={"readOnlyHint": True})
def count() -> int:
    """Count all the notes."""
    get_context().request_id  # noqa: B018
    return len(CACHE)


@mcp.resource("notes://{note_id}")
def note(note_id: str) -> str:
    """One note."""
    if not note_id:
        raise ToolError("There is no such note.")
    return note_id


@mcp.prompt
def summarise(note_id: str) -> str:
    """Summarise one note."""
    return f"Summarise {note_id}."


def remove(note_id: str) -> Result:
    """Remove one note."""
    raise ToolError(note_id)


@archive.tool
def find(year: int) -> str:
    """Find the notes of a year."""
    return str(year)


mcp.tool(remove, name="remove_note")
mcp.mount(archive, "archive")


def main() -> None:
    mcp.run()


if __name__ == "__main__":
    main()
