"""What to say, and what to do, when a server cannot be read."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from copier_mcp.check.report import printable

MAX_LINES = 20
"""How much of a server's stderr is shown: its end says why it ended."""
MAX_LENGTH = 300


class UnreadableError(Exception):
    """A server cannot be read; the message is for whoever wants to read it."""


def url_for_people(url: str) -> str:
    """Return a URL without what is secret in it."""
    parts = urlsplit(url)
    return printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors of which groups consist."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error


def first_line(error: object) -> str:
    """Return what an error says, in one line that can be shown."""
    text = str(error).strip() or type(error).__name__
    line = printable(" ".join(text.split()))
    return line if len(line) <= MAX_LENGTH else f"{line[: MAX_LENGTH - 1]}…"


def no_start(command: str, error: OSError) -> str:
    reason = os.strerror(error.errno) if error.errno else first_line(error)
    return f"cannot start {printable(command)}: {reason}; write a command that runs in this shell."


def no_time(seconds: float, asked: str, unread: str, stderr: bytes) -> str:
    """Say which answer has not come, perhaps because it could not be read."""
    sent = f", and has sent what is no message: {unread}" if unread else ""
    return (
        f"the server has not answered {asked} within {seconds:g} s{sent}; is it an MCP server? "
        "Where it needs longer to start, write --timeout SECONDS before --."
        + (f" Its stderr was:{_end_of(stderr)}" if stderr.strip() else "")
    )


def ended(stderr: bytes) -> str:
    """Say that a server over stdio has ended, with the end of its stderr."""
    if not stderr.strip():
        return "the server ended before it had answered; does it need arguments or variables?"
    return f"the server ended before it had answered; its stderr was:{_end_of(stderr)}"


def _end_of(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").rstrip().splitlines()
    return "".join(f"\n  {printable(line)}" for line in lines[-MAX_LINES:])


def status(url: str, code: int, *, with_token: bool) -> str:
    """Say what an HTTP status means."""
    said = f"{url_for_people(url)} answers with HTTP status {code}; "
    if code in (401, 403):
        what = "allows nothing here: set another one" if with_token else "is not set: set it"
        return f"{said}the token in MCP_TOKEN {what}."
    if code in (404, 405):
        return f"{said}write the URL of its MCP endpoint, which often ends in /mcp."
    return f"{said}see the log of the server."
