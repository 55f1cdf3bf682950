"""The prompts' handlers: async functions that write messages, and complete arguments."""

import asyncio
from collections.abc import Sequence

from mcp import MCPError
from mcp.types import (
    INVALID_PARAMS,
    EmbeddedResource,
    PromptMessage,
    TextContent,
    TextResourceContents,
)

from ..lifespan import Context
from ..workspace import FileError, mime_type


async def summarise_file(
    context: Context, file: str, sentences: str = "3"
) -> Sequence[PromptMessage]:
    """Ask for a summary, with the file itself as an embedded resource."""
    if sentences not in {str(number) for number in range(1, 21)}:
        raise MCPError(INVALID_PARAMS, "sentences must be a number from 1 to 20")
    workspace = context.lifespan_context.workspace
    try:
        path = await asyncio.to_thread(workspace.path, file)
        text = await asyncio.to_thread(workspace.text, path)
    except FileError as problem:
        raise MCPError(INVALID_PARAMS, f"file: {problem}") from problem
    uri, shown_as = path.as_uri(), mime_type(path.name) or "text/plain"
    resource = TextResourceContents(uri=uri, mime_type=shown_as, text=text)
    request = f"Summarise this file in at most {sentences} sentences. Keep to what it says."
    return (
        PromptMessage(role="user", content=EmbeddedResource(resource=resource)),
        PromptMessage(role="user", content=TextContent(text=request)),
    )


async def complete_file(context: Context, value: str) -> Sequence[str]:
    """Return the names of files that begin with what was typed."""
    names = await asyncio.to_thread(context.lifespan_context.workspace.names)
    return [name for name in names if name.startswith(value)]
