"""How things fail, and what a client sees of it."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Any

from mcp import MCPError
from mcp.server import Server, ServerRequestContext
from mcp.server.context import CallNext, HandlerResult
from mcp.server.subscriptions import ListenHandler
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, REQUEST_TIMEOUT
from pydantic import ValidationError
from pydantic_core import to_json

logger = logging.getLogger(__name__)

MAX_SHOWN = 100  # Characters of a client's text that a message repeats.

# A request that does not fit its schema, the end of the task, and what ends the event loop.
_PASSED_ON = (ValidationError, asyncio.CancelledError, KeyboardInterrupt, SystemExit)

explanations: list[Callable[[BaseException], str | None]] = []
"""Each says of the exceptions of one library what a client may know of them, and None of others."""


class ToolError(Exception):
    """A failure that the model can act on: its text says what was wrong and what would be right."""


class ResourceNotFoundError(MCPError):
    """There is nothing at this URI: code -32602 with the URI in the error's data (SEP-2164)."""

    def __init__(self, uri: str) -> None:
        super().__init__(INVALID_PARAMS, "Resource not found", {"uri": uri})


class ExplainedError(MCPError):
    """A failure of a function of the catalogs whose text a client may see."""


class InternalError(MCPError):
    """An unexpected error as the client may see it: the incident under which it was logged."""

    def __init__(self, incident: str) -> None:
        super().__init__(INTERNAL_ERROR, f"Internal error (incident {incident})")
        self.incident = incident


def internal_error(what: str, error: BaseException) -> InternalError:
    """Log an unexpected error under a new incident id and return what the client may see of it."""
    # The text of an exception can hold paths, queries and secrets, so none of it leaves the log.
    incident = secrets.token_hex(6)
    logger.error("incident %s: %s failed", incident, what, exc_info=error)
    return InternalError(incident)


async def contain_errors(ctx: ServerRequestContext[Any], call_next: CallNext) -> HandlerResult:
    """Answer every request with what can be sent, whatever its handler does.

    A middleware of the SDK's `Server`. What is no `Exception` would end the transport, and so would
    text or data that JSON cannot hold; of other errors clients of 2025-11-25 would get the text.

    Raises:
        MCPError: -32603 for all of these.
    """
    try:
        result = await call_next(ctx)
        to_json(result)
    except MCPError as error:
        try:
            to_json([error.message, error.data])
        except Exception as unsendable:
            raise internal_error(f"the error of {ctx.method}", unsendable) from error
        raise
    except _PASSED_ON:
        raise
    except BaseException as error:
        raise internal_error(ctx.method, error) from error
    return result


class McpErrors:
    """Gives a function of the catalogs `time_limit` seconds, and turns its exceptions into `MCPError`s.

    Without it the SDK sends the text of an exception to clients of 2025-11-25, and reports a
    `ValidationError` from inside a handler as the client's mistake. It is no generator, because one
    would keep an exception, and all that it says, until the next collection of garbage.

    Raises:
        ExplainedError: -32001 when the time is over, -32603 for a stub and for what has `error_texts`.
        InternalError: -32603 for what is unexpected.
    """

    def __init__(self, what: str, time_limit: float) -> None:
        self._what = what
        self._time_limit = time_limit
        self._deadline = asyncio.timeout(time_limit)

    async def __aenter__(self) -> None:
        await self._deadline.__aenter__()

    async def __aexit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        timed_out = False
        try:
            await self._deadline.__aexit__(kind, error, traceback)
        except TimeoutError:
            timed_out = True
        if timed_out or (isinstance(error, Exception) and self._deadline.expired()):
            text = f"{self._what} took longer than its limit of {self._time_limit:g} seconds."
            raise ExplainedError(REQUEST_TIMEOUT, text) from error
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is not None and not task.cancelling():
                # Nobody cancels this request: it is what its function waited for that was cancelled.
                raise internal_error(self._what, error) from error
        elif isinstance(error, NotImplementedError):
            text = f"{self._what} is declared, but not implemented yet."
            raise ExplainedError(INTERNAL_ERROR, text) from error
        elif isinstance(error, Exception) and not isinstance(error, MCPError):
            if texts := error_texts(error):
                raise ExplainedError(INTERNAL_ERROR, "\n".join(texts)) from error
            raise internal_error(self._what, error) from error


def error_texts(error: BaseException) -> list[str]:
    """Return the texts of an error that consists of tool errors and explained ones; else nothing."""
    if isinstance(error, BaseExceptionGroup):
        texts = [error_texts(part) for part in error.exceptions]
        return list(dict.fromkeys(text for part in texts for text in part)) if all(texts) else []
    if isinstance(error, ToolError):
        return [str(error)]
    found = (explain(error) for explain in explanations)
    return [text for text in found if text is not None]


def end_subscriptions(server: Server[Any]) -> None:
    """Answer `subscriptions/listen`, where it is served: nothing else would end these requests."""
    entry = server.get_request_handler("subscriptions/listen")
    if entry is not None and isinstance(entry.handler, ListenHandler):
        entry.handler.close()


def safe_repr(text: str) -> str:
    """Return a client's text in quotes, as it may be repeated in a message: short and printable."""
    shown = repr(text[:MAX_SHOWN])  # What is longer may be very long.
    return shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}…"


def shorten(text: str, limit: int = MAX_SHOWN) -> str:
    """Return a client's text as it may be repeated in a message: short and printable."""
    shown = "".join(one if one.isprintable() else repr(one)[1:-1] for one in text[:limit])
    return shown if len(text) <= limit and len(shown) <= limit else f"{shown[:limit]}…"
