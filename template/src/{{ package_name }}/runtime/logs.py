"""Logging on stderr: its set-up, its lines as text or JSON, and the line that each call leaves."""

import contextlib
import json
import logging
import os
import queue
import re
import select
import sys
import threading
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

MAX_QUEUED = 4 * 1024 * 1024  # Characters of lines; more are lost while nobody reads stderr.
WRITE_INTERVAL = 0.02  # Seconds in which lines gather: each write interrupts the event loop.
WRITE_SIZE: int = getattr(select, "PIPE_BUF", 512)  # Bytes that a pipe takes in one piece.
MAX_NAME_LENGTH = 100  # Characters that are logged of a name or a URI that a client sent.

# What ends a line or steers a terminal: C0, DEL, C1, line separators, directions of writing.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_STANDARD_FIELDS = {*vars(logging.makeLogRecord({})), "asctime", "message"}

_LOGGED = {
    "tools/call": ("tool", "name"),
    "resources/read": ("resource", "uri"),
    "prompts/get": ("prompt", "name"),
}
"""The requests that leave a line: the field that names what was asked for, and its parameter."""

outcome_of_call: ContextVar[str | None] = ContextVar("outcome_of_call", default=None)
"""What came of the call that is running, where its result does not say so."""


def set_up_logging(level: str, *, json_lines: bool) -> None:
    """Log to stderr: over stdio, standard output belongs to the protocol."""
    if sys.stderr is None:
        # Descriptor 2 is not open, and whatever is opened next would be taken for stderr.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.set_inheritable(2, True)
        sys.stderr = os.fdopen(2, "w", closefd=False)
    handler = StderrHandler()
    handler.setFormatter(JsonFormatter() if json_lines else TextFormatter())
    handler.setLevel(level.upper())  # Loggers with a level of their own pass by that of the root.
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    if level != "debug":
        # The SDK tells of every step; what goes wrong is enough here.
        logging.getLogger("mcp").setLevel(logging.WARNING)


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
        logger.info(text, extra=fields)


class StderrHandler(logging.Handler):
    """Writes to stderr in a thread of its own, so that a reader who stops cannot stop the server.

    While `MAX_QUEUED` characters wait, further lines are lost.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._put = self._taken = 0  # Characters; each is counted by one thread alone.
        self._thread = threading.Thread(target=self._write_lines, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Hand the line of a record to the thread."""
        if self._put - self._taken < MAX_QUEUED:
            try:
                line = f"{self.format(record)}\n"
            except Exception:
                self.handleError(record)
            else:
                self._put += len(line)
                self._lines.put(line)

    def close(self) -> None:
        """Write what waits, unless nobody reads it."""
        self._lines.put(None)
        self._thread.join(timeout=1)
        super().close()

    def _write_lines(self) -> None:
        waiting = b""
        while (line := self._lines.get()) is not None:
            self._taken += len(line)
            data = line.encode(errors="backslashreplace")
            if len(waiting) + len(data) > WRITE_SIZE:
                _write(waiting)
                waiting = b""
            waiting += data
            if self._lines.empty():
                _write(waiting)
                waiting = b""
                time.sleep(WRITE_INTERVAL)
        _write(waiting)


def _write(data: bytes) -> None:
    # Not by way of sys.stderr, which cannot be flushed at the end while the thread waits.
    with contextlib.suppress(OSError):  # Nobody is left to read it.
        while data:
            try:
                data = data[os.write(2, data) :]
            except BlockingIOError:  # Who started the server may have made it so.
                select.select([], [2], [])


def escape_controls(text: str) -> str:
    """Return text in which nothing ends a line or steers a terminal, but is written as in JSON."""
    if text.isprintable():
        return text
    return _CONTROLS.sub(lambda control: f"\\u{ord(control[0]):04x}", text)


class TextFormatter(logging.Formatter):
    """A record as one line, with a traceback as further lines that are indented.

    So nothing that a client sends looks like a line of the log.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level, logger, message and, where there is one, traceback."""
        text = f"{record.levelname} {record.name}: {escape_controls(record.getMessage())}"
        lines = [f"{self.formatTime(record)} {text}"]
        if record.exc_info:
            traceback = self.formatException(record.exc_info).split("\n")
            lines += [f"    {escape_controls(line)}" for line in traceback]
        return "\n".join(lines)


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON, with the time in UTC as RFC 3339 writes it."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level, logger, message, traceback where there is one, and fields of `extra`."""
        line: dict[str, object] = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        for name, value in vars(record).items():
            if name not in _STANDARD_FIELDS:
                line.setdefault(name, value)
        return escape_controls(json.dumps(line, default=str))
