"""How things fail, and what a client sees of it.

All modules of this package are the template's: leave them as they are, so that updates can change
them.
"""

import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mcp import MCPError
from mcp.server import Server
from mcp.server.subscriptions import ListenHandler
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
)

logger = logging.getLogger(__name__)


class ToolError(Exception):
    """A failure that the model can act on: the client gets the text as the tool's result.

    The text goes to the model as it is, so it says what was wrong and what would be right.
    """


class ResourceNotFoundError(MCPError):
    """There is nothing at this URI: code -32602 with the URI in the error's data (SEP-2164)."""

    def __init__(self, uri: str) -> None:
        super().__init__(INVALID_PARAMS, "Resource not found", {"uri": uri})


def internal_error(what: str, error: BaseException) -> MCPError:
    """Log an unexpected error under a new incident id and return what the client may see of it.

    The text of an exception can hold paths, queries and secrets, so none of it leaves the log.
    """
    incident = secrets.token_hex(6)
    logger.error("incident %s: %s failed", incident, what, exc_info=error)
    return MCPError(INTERNAL_ERROR, f"Internal error (incident {incident})")


@contextmanager
def contained(what: str) -> Iterator[None]:
    """Let an `MCPError` pass and turn every other exception into an internal error.

    Without it the SDK sends the text of an exception to clients of 2025-11-25, and reports a
    `ValidationError` from inside a handler as the client's mistake.

    A stub that only raises `NotImplementedError` is no failure, and is called what it is.
    """
    try:
        yield
    except MCPError:
        raise
    except NotImplementedError as error:
        text = f"{what} is declared, but not implemented yet."
        raise MCPError(INTERNAL_ERROR, text) from error
    except Exception as error:
        raise internal_error(what, error) from error


async def logged(work: Callable[[], Awaitable[None]]) -> None:
    """Do work that no client waits for; a failure goes to the log."""
    try:
        await work()
    except Exception as error:
        internal_error("background work", error)


def end_subscriptions(server: Server[Any]) -> None:
    """Answer `subscriptions/listen`, where it is served: nothing else would end these requests."""
    entry = server.get_request_handler("subscriptions/listen")
    if entry is not None and isinstance(entry.handler, ListenHandler):
        entry.handler.close()


def refusal(text: str, line: bytes = b"{}") -> JSONRPCError:
    """Return the answer to input that is not a message, with the id that its sender waits for."""
    logger.warning("refused input: %s", text)
    request_id, code, message = None, INVALID_REQUEST, text
    try:
        match json.loads(line):
            case {"result": _} | {"error": _}:
                pass  # An answer: its id is that of a request of ours.
            case {"id": str() | int() as found} if not isinstance(found, bool):
                str(found).encode()  # Half a surrogate pair cannot be sent back.
                request_id = found
    except ValueError:
        code, message = PARSE_ERROR, "A line is not JSON in UTF-8"
    except RecursionError:
        code, message = PARSE_ERROR, "A line is nested too deeply"
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=message))


def quoted(text: str) -> str:
    """Return a client's text as it may be repeated in a message: one short, printable line."""
    shown = repr(text)
    return shown if len(shown) <= 100 else f"{shown[:100]}…"
