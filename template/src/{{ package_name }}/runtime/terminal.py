"""The terminal of a user who calls the server from the command line."""

import asyncio
import os
import sys

import anyio
from mcp.client import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp.types import ElicitRequestParams, ElicitRequestURLParams, ElicitResult

from .logs import escape_controls

CLEAR_LINE = "\r\x1b[K"


def printable(text: str) -> str:
    """Return a server's text with its lines, but with nothing that steers a terminal."""
    return "\n".join(map(escape_controls, text.expandtabs().split("\n")))


def tell(text: str, end: str = "\n") -> None:
    """Write to stderr, where nothing is taken for a result."""
    sys.stderr.write(f"{printable(text)}{end}")
    sys.stderr.flush()


def print_result(result: str | bytes) -> None:
    """Write to standard output: text with a line end, or bytes as they are.

    Raises:
        OSError: it cannot be written, or nobody reads it.
    """
    if isinstance(result, str):
        result = f"{printable(result) if sys.stdout.isatty() else result}\n".encode()
    try:
        sys.stdout.buffer.write(result)
        sys.stdout.flush()
    except OSError:
        # Or Python would try again to write it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise


async def show_progress(progress: float, total: float | None, message: str | None) -> None:
    """Show progress in one line of stderr, over the progress before."""
    done = f"{progress:g}" if total is None else f"{progress:g} of {total:g}"
    sys.stderr.write(CLEAR_LINE)
    tell(f"{done} {message or ''}", end="")


def user(*, always_agrees: bool) -> ElicitationFnT:
    """Return who answers the server's questions: the terminal's user, with yes or no."""

    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        if isinstance(params, ElicitRequestURLParams) or params.requested_schema.get("properties"):
            tell(f"{params.message}\nThis takes a client that shows forms and web pages.")
            return ElicitResult(action="cancel")
        if always_agrees or await _agrees(params.message):
            return ElicitResult(action="accept", content={})
        return ElicitResult(action="decline")

    return answer


async def _agrees(question: str) -> bool:
    if not sys.stdin.isatty():
        tell(f"{question}\nThere is no terminal to ask at: confirm with call --yes NAME.")
        return False
    tell(f"{question} [y/N] ", end="")
    if sys.platform == "win32":
        typed = await asyncio.to_thread(sys.stdin.readline)
    else:
        await anyio.wait_readable(sys.stdin)  # Not in a thread, because nothing could interrupt it.
        typed = sys.stdin.readline()
    return typed.strip().lower() in ("y", "yes")
