"""Logging on stderr: its set-up, and its lines as text or JSON."""

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

MAX_QUEUED = 4 * 1024 * 1024  # Characters of lines; more are lost while nobody reads stderr.
WRITE_INTERVAL = 0.02  # Seconds in which lines gather: each write interrupts the event loop.
WRITE_SIZE: int = getattr(select, "PIPE_BUF", 512)  # Bytes that a pipe takes in one piece.

# What ends a line or steers a terminal: C0, DEL, C1, line separators, directions of writing.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_STANDARD_FIELDS = {*vars(logging.makeLogRecord({})), "asctime", "message"}


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
