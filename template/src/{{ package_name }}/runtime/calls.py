"""The line that each call leaves in the log."""

import logging
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from mcp import MCPError
from mcp.server import ServerRequestContext
from mcp.server.context import CallNext, HandlerResult
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, REQUEST_TIMEOUT
from pydantic import ValidationError

logger = logging.getLogger(__name__)

MAX_NAME_LENGTH = 100  # Characters that are logged of a name or a URI that a client sent.

_LOGGED = {
    "tools/call": ("tool", "name"),
    "resources/read": ("resource", "uri"),
    "prompts/get": ("prompt", "name"),
}
"""The requests that leave a line: the field that names what was asked for, and its parameter."""

outcome_of_call: ContextVar[str | None] = ContextVar("outcome_of_call", default=None)
"""What came of the call that is running, where its result does not say so."""


async def log_calls(ctx: ServerRequestContext[Any], call_next: CallNext) -> HandlerResult:
    """Log what was called, the outcome and the duration, but no argument and no result.

    A middleware of the SDK's `Server`. The outcome is ok, input required, tool error, invalid
    arguments, timed out, cancelled, internal error or protocol error.
    """
    if ctx.method not in _LOGGED or not logger.isEnabledFor(logging.INFO):
        return await call_next(ctx)
    outcome_of_call.set(None)
    outcome, incident = "cancelled", None
    started = time.perf_counter()
    try:
        result = await call_next(ctx)
        sent = result if isinstance(result, Mapping) else {}
        found = "input required" if sent.get("resultType") == "input_required" else "ok"
        outcome = outcome_of_call.get() or ("tool error" if sent.get("isError") else found)
        return result
    except Exception as error:
        code = error.code if isinstance(error, MCPError) else INTERNAL_ERROR
        if isinstance(error, ValidationError):  # Of the request: those of handlers end before.
            code = INVALID_PARAMS
        outcomes = {INTERNAL_ERROR: "internal error", REQUEST_TIMEOUT: "timed out"}
        outcome = outcomes.get(code, "protocol error")
        incident = getattr(error, "incident", None)
        raise
    finally:
        kind, parameter = _LOGGED[ctx.method]
        value = (ctx.params or {}).get(parameter)
        name = value[:MAX_NAME_LENGTH] if isinstance(value, str) else "?"
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        text = f"{kind} {name}: {outcome} in {milliseconds} ms"
        fields = {kind: name, "outcome": outcome, "duration_ms": milliseconds}
        if incident is not None:
            text = f"{text} (incident {incident})"
            fields["incident"] = incident
        # What `logger.info` does, without the search for its caller, which takes most of its time.
        record = logging.LogRecord(logger.name, logging.INFO, __file__, 0, text, None, None)
        vars(record).update(fields)
        logger.handle(record)
