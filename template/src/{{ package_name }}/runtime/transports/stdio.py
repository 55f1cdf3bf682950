"""The stdio transport: one JSON-RPC message a line on standard input and output.

On POSIX the event loop itself waits for them, which moves twice the messages of the SDK's worker
threads, and can be interrupted while it does. On Windows the SDK's transport serves.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

import anyio
from mcp import stdio_server
from mcp.server import Server

from ..shutdown import stopping
from .stdio_reader import LAST_SECOND, Stdio

if sys.platform != "win32":
    import fcntl


async def serve_stdio(server: Server[Any], *, grace: float, max_request_bytes: int) -> None:
    """Serve one client until its end of input.

    The requests that were accepted are answered first, for which they have `grace` seconds. Larger
    requests than `max_request_bytes` get an error.

    Raises:
        SystemExit: standard input or standard output is closed.
    """
    if sys.stdin is None or sys.stdout is None:  # Python has none where they are closed.
        text = f"{server.name} talks to its client over standard input and output: open both"
        raise SystemExit(text)
    options = server.create_initialization_options()
    try:
        if sys.platform == "win32":
            async with stdio_server() as (read_stream, write_stream):
                await server.run(read_stream, write_stream, options)
            return
        with _redirect_standard_streams() as descriptors:
            stdio = Stdio(descriptors, server, grace=grace, max_bytes=max_request_bytes)
            try:
                await server.run(stdio, stdio, options)
            except BaseException as error:
                grace = min(grace, LAST_SECOND)  # The process was told to stop.
                task = asyncio.current_task()
                if task is not None and task.cancelling() and _is_broken(error):
                    raise asyncio.CancelledError from error
                raise
            finally:
                await stdio.flush_and_close(grace)
    finally:
        stopping.set()


def _is_broken(error: BaseException) -> bool:
    """Return whether the SDK was cancelled while it handed over a message, which fails so."""
    return isinstance(error, BaseExceptionGroup) and not error.split(anyio.BrokenResourceError)[1]


@contextlib.contextmanager
def _redirect_standard_streams() -> Iterator[tuple[int, int]]:
    """Yield copies of descriptors 0 and 1, which meanwhile read nothing and write to stderr.

    So nothing that a handler or its child process prints can break the protocol.
    """
    # No child process inherits the copies, and they are none of the standard descriptors.
    input_fd, output_fd = (fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 3) for number in (0, 1))
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        sys.stdout.flush()
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        yield input_fd, output_fd
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os.dup2(input_fd, 0)
        os.dup2(output_fd, 1)
        for descriptor in (input_fd, output_fd, nothing):
            os.close(descriptor)
