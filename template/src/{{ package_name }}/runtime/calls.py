"""The line that each call leaves in the log."""

import logging
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Literal

from mcp import MCPError
from mcp.server import ServerRequestContext
from mcp.server.context import CallNext, HandlerResult
from mcp.types import INTERNAL_ERROR
from pydantic import ValidationError

logger = logging.getLogger(__name__)

MAX_NAME_LENGTH = 100  # Characters that are logged of a name or a URI that a client sent.

type Outcome = Literal[
    "ok",
    "input required",
    "tool error",
    "invalid arguments",
    "timed out",
    "cancelled",
    "internal error",
    "protocol error",
]

_LOGGED = {
    "tools/call": ("tool", "name"),
    "resources/read": ("resource", "uri"),
    "prompts/get": ("prompt", "name"),
}
"""The requests that leave a line: the field that names what was asked for, and its parameter."""

_outcome: ContextVar[Outcome | None] = ContextVar("outcome", default=None)


async def log_calls(ctx: ServerRequestContext[Any], call_next: CallNext) -> HandlerResult:
    """Log what was called, the outcome and the duration, but no argument and no result.

    A middleware of the SDK's `Server`.
    """
    if ctx.method not in _LOGGED or not logger.isEnabledFor(logging.INFO):
        return await call_next(ctx)
    _outcome.set(None)
    outcome: Outcome = "ok"
    incident = None
    started = time.perf_counter()
    try:
        result = await call_next(ctx)
        outcome = _outcome_of(result)
    except BaseException as error:
        outcome = _outcome_of_error(error)
        incident = getattr(error, "incident", None)
        raise
    finally:
        _log_call(ctx, outcome, time.perf_counter() - started, incident)
    return result


def set_outcome(outcome: Outcome) -> None:
    """Say what came of the call that is running, where its result does not."""
    _outcome.set(outcome)


def _outcome_of(result: HandlerResult) -> Outcome:
    if (outcome := _outcome.get()) is not None:
        return outcome
    if isinstance(result, Mapping):  # As it is sent.
        if result.get("isError"):
            return "tool error"
        if result.get("resultType") == "input_required":
            return "input required"
    return "ok"


def _outcome_of_error(error: BaseException) -> Outcome:
    match error:
        case MCPError() if error.code != INTERNAL_ERROR:
            return "protocol error"
        case ValidationError():  # Of the request: those of handlers never come so far.
            return "protocol error"
        case Exception():
            return "internal error"
        case _:
            return "cancelled"


def _log_call(
    context: ServerRequestContext[Any], outcome: Outcome, seconds: float, incident: str | None
) -> None:
    kind, parameter = _LOGGED[context.method]
    value = (context.params or {}).get(parameter)
    name = value[:MAX_NAME_LENGTH] if isinstance(value, str) else "?"
    milliseconds = round(seconds * 1000, 1)
    text = f"{kind} {name}: {outcome} in {milliseconds} ms"
    fields = {kind: name, "outcome": outcome, "duration_ms": milliseconds}
    if incident is not None:
        text = f"{text} (incident {incident})"
        fields["incident"] = incident
    # What `logger.info` does, without the search for its caller, which takes most of its time.
    record = logging.LogRecord(logger.name, logging.INFO, __file__, 0, text, None, None)
    vars(record).update(fields)
    logger.handle(record)
