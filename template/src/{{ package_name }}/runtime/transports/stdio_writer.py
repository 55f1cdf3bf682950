"""Standard output, which the event loop watches: messages go out by it."""

import asyncio
import os
import select
import stat
from collections.abc import Callable

import anyio
from mcp import types
from pydantic_core import PydanticSerializationError

from ..errors import internal_error

MAX_QUEUED_BYTES = 16 * 1024 * 1024  # Of answers, before no more requests are read.
FLUSH_LIMIT = 1024 * 1024  # Bytes that are written before the event loop does something else.
CHUNK_SIZE: int = getattr(select, "PIPE_BUF", 512)  # Bytes that fit whenever it is writable.


def is_unwatchable(descriptor: int) -> bool:
    """Return whether a descriptor is always ready, as files are: event loops cannot watch it."""
    mode = os.fstat(descriptor).st_mode
    return not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor))


class Writer:
    """Writes messages, in the order of the calls and never half of one.

    The descriptor stays in blocking mode, because the mode belongs to the end of the pipe, which
    other processes may share: it is written in small pieces, and only while it is writable.
    While too many bytes wait for the client, `has_room` is not set. `on_closed` is called when the
    client is gone, or at the end.
    """

    def __init__(self, output: int, on_closed: Callable[[], None]) -> None:
        self.is_closed = False
        self._output = output
        self._on_closed = on_closed
        self._is_unwatchable = is_unwatchable(output)
        self._poll = select.poll()
        self._poll.register(output, select.POLLOUT)
        self._queue = bytearray()
        self.has_room = asyncio.Event()
        self.has_room.set()
        self._flushed = asyncio.Event()
        if not self._is_unwatchable:
            # The writing end of a pipe becomes readable when the client closes it. A socket or a
            # terminal may also have input; then the end of that tells that the client is gone.
            asyncio.get_running_loop().add_reader(output, self._check_client)

    def write(self, message: types.JSONRPCMessage) -> None:
        """Queue a message; those of one turn of the event loop are written together.

        Raises:
            MCPError: -32603 for text that cannot be sent.
        """
        if self.is_closed:
            return
        try:
            line = message.model_dump_json(by_alias=True, exclude_unset=True)
        except PydanticSerializationError as error:  # Half a surrogate pair is no UTF-8.
            raise internal_error("a message", error) from error
        if not self._queue:
            asyncio.get_running_loop().call_soon(self._flush)
        self._queue += line.encode()
        self._queue += b"\n"
        if len(self._queue) > MAX_QUEUED_BYTES:
            self.has_room.clear()

    async def flush_and_close(self, deadline: float) -> None:
        """Write what waits, unless the client is gone or the time is over."""
        with anyio.CancelScope(deadline=deadline, shield=True):
            while self._queue and not self.is_closed:
                self._flushed.clear()
                await self._flushed.wait()
        self._close()

    def is_client_gone(self) -> bool:
        """Return whether nobody reads any more."""
        gone = select.POLLERR | select.POLLHUP
        return self.is_closed or any(event & gone for _, event in self._poll.poll(0))

    def _check_client(self) -> None:
        asyncio.get_running_loop().remove_reader(self._output)
        if self.is_client_gone():
            self._close()

    def _flush(self) -> None:
        loop, written = asyncio.get_running_loop(), 0
        size, end = CHUNK_SIZE, min(len(self._queue), FLUSH_LIMIT)
        if self._is_unwatchable:
            # All at once, so that no line of the log comes between where both are one file.
            size = end = len(self._queue)
        try:
            while written < end and self._poll.poll(0):
                chunk = self._queue[written : written + size]
                written += os.write(self._output, chunk)
        except BlockingIOError:
            pass
        except OSError:
            self._close()
        del self._queue[:written]
        if self._queue:
            loop.add_writer(self._output, self._flush)
        elif not self.is_closed:
            loop.remove_writer(self._output)
        if len(self._queue) <= MAX_QUEUED_BYTES // 2:
            self.has_room.set()
        self._flushed.set()

    def _close(self) -> None:
        self.is_closed = True
        self._queue.clear()
        asyncio.get_running_loop().remove_reader(self._output)
        asyncio.get_running_loop().remove_writer(self._output)
        self.has_room.set()
        self._flushed.set()
        self._on_closed()
