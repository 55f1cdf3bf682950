"""The stdio transport: one JSON-RPC message a line on standard input and output.

On POSIX the event loop itself waits for them, which moves twice the messages of the SDK's worker
threads, and can be interrupted while it does. On Windows the SDK's transport serves. The contract
is the SDK's: UTF-8, and the standard descriptors are redirected while serving, so that nothing a
handler or a child process prints can break the protocol.
"""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import anyio
from mcp import stdio_server
from mcp.server import Server

from ..shutdown import stopping
from .stdio_reader import Reader
from .stdio_writer import LAST_SECOND, Writer

if sys.platform != "win32":
    import fcntl

_stdio_lock = threading.Lock()


async def serve_stdio(server: Server[Any], *, grace: float, max_request_bytes: int) -> None:
    """Serve one client until its end of input.

    The requests that were accepted are answered first, for which they have `grace` seconds. Larger
    requests than `max_request_bytes` get an error.

    Raises:
        RuntimeError: another transport of this process serves standard input already.
    """
    options = server.create_initialization_options()
    if not _stdio_lock.acquire(blocking=False):
        raise RuntimeError("another transport of this process serves standard input")
    try:
        if sys.platform == "win32":
            async with stdio_server() as (read_stream, write_stream):
                await server.run(read_stream, write_stream, options)
            return
        with _redirect_standard_streams() as (input_fd, output_fd):
            wake = asyncio.Event()
            writer = Writer(output_fd, wake)
            reader = Reader(
                input_fd, wake, writer, server, grace=grace, max_bytes=max_request_bytes
            )
            try:
                await server.run(reader, writer, options)
            except asyncio.CancelledError:
                grace = min(grace, LAST_SECOND)  # The process was told to stop.
                raise
            except BaseExceptionGroup as group:
                # So the SDK fails when it is cancelled while it hands over a message.
                task = asyncio.current_task()
                _, others = group.split(anyio.BrokenResourceError)
                if others is not None or task is None or not task.cancelling():
                    raise
                grace = min(grace, LAST_SECOND)
                raise asyncio.CancelledError from group
            finally:
                reader.stop()
                await writer.flush_and_close(grace)
    finally:
        stopping.set()
        _stdio_lock.release()


@contextlib.contextmanager
def _redirect_standard_streams() -> Iterator[tuple[int, int]]:
    """Yield copies of descriptors 0 and 1, which meanwhile read nothing and write to stderr."""
    input_fd, output_fd, nothing = _copy(0), _copy(1), os.open(os.devnull, os.O_RDWR)
    try:
        sys.stdout.flush()
        os.dup2(nothing, 0)
        try:
            os.dup2(2, 1)
        except OSError:  # There is no stderr.
            os.dup2(nothing, 1)
        yield input_fd, output_fd
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os.dup2(input_fd, 0)
        os.dup2(output_fd, 1)
        for descriptor in (input_fd, output_fd, nothing):
            os.close(descriptor)


def _copy(descriptor: int) -> int:
    """Return a copy that no child process inherits and that is none of the standard descriptors."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
