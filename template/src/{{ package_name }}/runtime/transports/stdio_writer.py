"""Standard output as a stream of messages, which the event loop watches."""

import asyncio
import math
import os
import select
import stat
from typing import Self

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import (
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)
from pydantic_core import PydanticSerializationError

from ..errors import internal_error

MAX_QUEUED_BYTES = 16 * 1024 * 1024  # Of answers, before no more requests are read.
FLUSH_LIMIT = 1024 * 1024  # Bytes that are written before the event loop does something else.
CHUNK_SIZE: int = getattr(select, "PIPE_BUF", 512)  # Bytes that fit whenever it is writable.
LAST_SECOND = 1.0  # To write what waits when there is no other time left.


def is_file(descriptor: int) -> bool:
    """Return whether a descriptor is always ready, which event loops cannot watch."""
    mode = os.fstat(descriptor).st_mode
    return not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor))


class Stream:
    """What the SDK's stream protocols ask for, beside sending and receiving."""

    async def aclose(self) -> None:
        """Do nothing: `serve_stdio` opens and closes the descriptors."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class Writer(Stream):
    """Sends messages, in the order of the calls and never half of one.

    The descriptor stays in blocking mode, because the mode belongs to the end of the pipe, which
    other processes may share: it is written in small pieces, and only while it is writable.
    """

    def __init__(self, descriptor: int, wake: asyncio.Event) -> None:
        self._descriptor = descriptor
        self._wake = wake
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._queue = bytearray()
        self._flushing = False
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._answered = asyncio.Event()
        self._deadline = math.inf
        self._unanswered: dict[str, list[int]] = {}
        self.waiting_cost = 0
        self.asked: dict[str, RequestId] = {}
        self.closed = False
        self._is_file = is_file(descriptor)
        if not self._is_file:
            # The writing end of a pipe becomes readable when the client closes it. A socket or a
            # terminal may also have input; then the end of that tells that the client is gone.
            asyncio.get_running_loop().add_reader(descriptor, self._check_client)

    async def send(self, item: SessionMessage) -> None:
        """Queue a message; while too many bytes wait for the client, wait.

        Raises:
            BrokenResourceError: the client is gone.
        """
        self.write_message(item.message)
        match item.message:
            case JSONRPCResponse() | JSONRPCError():
                self.untrack_request(item.message.id)
            case JSONRPCRequest():
                self.asked[str(item.message.id)] = item.message.id
                self._answered.set()
        await self.drain()

    async def drain(self) -> None:
        """Wait until the client has read enough to be sent more.

        Raises:
            BrokenResourceError: the client is gone.
        """
        if not self._has_room.is_set():
            await self._has_room.wait()
        if self.closed:
            raise anyio.BrokenResourceError

    def write_message(self, message: JSONRPCMessage) -> None:
        """Queue a message; those of one turn of the event loop are written together.

        Raises:
            MCPError: -32603 for text that cannot be sent.
        """
        if self.closed:
            return
        try:
            line = message.model_dump_json(by_alias=True, exclude_unset=True)
        except PydanticSerializationError as error:  # Half a surrogate pair is no UTF-8.
            raise internal_error("an answer", error) from error
        self._queue += line.encode()
        self._queue += b"\n"
        if len(self._queue) > MAX_QUEUED_BYTES:
            self._has_room.clear()
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def track_request(self, request_id: object, cost: int) -> None:
        """Note that a request wants an answer, and what it costs to keep it."""
        self._unanswered.setdefault(repr(request_id), []).append(cost)
        self.waiting_cost += cost

    def untrack_request(self, request_id: object) -> bool:
        """Note that a request has its answer, or wants none any more; return whether it had none.

        7 and "7" are not the same request.
        """
        key = repr(request_id)
        if key not in self._unanswered:
            return False
        costs = self._unanswered[key]
        self.waiting_cost -= costs.pop()
        if not costs:
            del self._unanswered[key]
        self._answered.set()
        return True

    async def answer_all(self, grace: float) -> None:
        """Wait for the last answers until the client is gone, a question is open, or time is over."""
        self._deadline = min(self._deadline, anyio.current_time() + grace)
        with anyio.CancelScope(deadline=self._deadline):
            while self._unanswered and not self.asked and not self._is_gone():
                self._answered.clear()
                with anyio.move_on_after(0.2):
                    await self._answered.wait()

    async def flush_and_close(self, grace: float) -> None:
        """Write what waits, unless the client is gone or the time is over.

        That is what the last answers have left of it, and a second at least for errors in their
        place.
        """
        now = anyio.current_time()
        deadline = min(now + grace, max(now + LAST_SECOND, self._deadline))
        with anyio.CancelScope(deadline=deadline, shield=True):
            while self._queue and not self.closed:
                self._has_room.clear()
                await self._has_room.wait()
        self._stop()

    def _is_gone(self) -> bool:
        gone = select.POLLERR | select.POLLHUP
        return any(event & gone for _, event in self._poll.poll(0)) or self.closed

    def _check_client(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        if self._is_gone():
            self._stop()

    def _flush(self) -> None:
        written, end = 0, min(len(self._queue), FLUSH_LIMIT)
        try:
            while written < end and self._poll.poll(0):
                chunk = self._queue[written : written + CHUNK_SIZE]
                written += os.write(self._descriptor, chunk)
        except BlockingIOError:
            pass
        except OSError:
            self._stop()
            return
        del self._queue[:written]
        loop = asyncio.get_running_loop()
        if self._queue and self._is_file:
            loop.call_soon(self._flush)
        elif self._queue:
            loop.add_writer(self._descriptor, self._flush)
        else:
            loop.remove_writer(self._descriptor)
            self._flushing = False
        if len(self._queue) <= MAX_QUEUED_BYTES // 2:
            self._has_room.set()

    def _stop(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._descriptor)
        loop.remove_writer(self._descriptor)
        self._queue.clear()
        self.closed = True
        for event in (self._answered, self._has_room, self._wake):
            event.set()
