"""Standard output as a stream of messages, which the event loop watches."""

import asyncio
import math
import os
import select
import stat

import anyio.abc
from mcp import types
from mcp.shared.message import SessionMessage
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


class Writer(anyio.abc.ObjectSendStream[SessionMessage]):
    """Sends messages, in the order of the calls and never half of one.

    The descriptor stays in blocking mode, because the mode belongs to the end of the pipe, which
    other processes may share: it is written in small pieces, and only while it is writable.
    """

    def __init__(self, output: int) -> None:
        self.waiting_cost = 0  # Bytes, about, of the requests that wait for their answers.
        self._output = output
        self._output_is_file = is_file(output)
        self._poll = select.poll()
        self._poll.register(output, select.POLLOUT)
        self._queue = bytearray()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._answered = asyncio.Event()
        self._deadline = math.inf
        self._unanswered: dict[str, list[int]] = {}
        self._asked: dict[str, types.RequestId] = {}
        self._closed = False
        if not self._output_is_file:
            # The writing end of a pipe becomes readable when the client closes it. A socket or a
            # terminal may also have input; then the end of that tells that the client is gone.
            asyncio.get_running_loop().add_reader(output, self._check_client)

    async def send(self, item: SessionMessage) -> None:
        """Queue a message; while too many bytes wait for the client, wait.

        Raises:
            BrokenResourceError: the client is gone.
            MCPError: -32603 for text that cannot be sent.
        """
        self.write_message(item.message)
        match item.message:
            case types.JSONRPCResponse() | types.JSONRPCError():
                self.untrack_request(item.message.id)
            case types.JSONRPCRequest():
                self._asked[str(item.message.id)] = item.message.id
                self._answered.set()
        await self._has_room.wait()
        if self._closed:
            raise anyio.BrokenResourceError

    async def aclose(self) -> None:
        """Do nothing: `serve_stdio` opens and closes the descriptors."""

    def write_message(self, message: types.JSONRPCMessage) -> None:
        """Queue a message; those of one turn of the event loop are written together."""
        if self._closed:
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
            self._has_room.clear()

    def track_request(self, request_id: object, cost: int) -> None:
        """Note that a request wants an answer, and what it costs to keep it."""
        self._unanswered.setdefault(repr(request_id), []).append(cost)  # 7 is not "7".
        self.waiting_cost += cost

    def untrack_request(self, request_id: object) -> bool:
        """Note that a request wants no answer any more; return whether it wanted one."""
        if not (costs := self._unanswered.pop(repr(request_id), [])):
            return False
        self.waiting_cost -= costs.pop()
        if costs:
            self._unanswered[repr(request_id)] = costs
        self._answered.set()
        return True

    async def flush_and_close(self, grace: float) -> None:
        """Write what waits, unless the client is gone or the time is over.

        The time is what the last answers have left of `grace`, and at least a second, in which
        errors can take their place.
        """
        now = anyio.current_time()
        deadline = min(now + grace, max(now + LAST_SECOND, self._deadline))
        with anyio.CancelScope(deadline=deadline, shield=True):
            while self._queue and not self._closed:
                self._has_room.clear()
                await self._has_room.wait()
        self._stop()

    def _is_gone(self) -> bool:
        gone = select.POLLERR | select.POLLHUP
        return self._closed or any(event & gone for _, event in self._poll.poll(0))

    def _check_client(self) -> None:
        asyncio.get_running_loop().remove_reader(self._output)
        if self._is_gone():
            self._stop()

    def _flush(self) -> None:
        loop, written = asyncio.get_running_loop(), 0
        size, end = CHUNK_SIZE, min(len(self._queue), FLUSH_LIMIT)
        if self._output_is_file:
            # All at once, so that no line of the log comes between where both are one file.
            size = end = len(self._queue)
        try:
            while written < end and self._poll.poll(0):
                chunk = self._queue[written : written + size]
                written += os.write(self._output, chunk)
        except BlockingIOError:
            pass
        except OSError:
            self._stop()
        del self._queue[:written]
        if self._queue:
            loop.add_writer(self._output, self._flush)
        elif not self._closed:
            loop.remove_writer(self._output)
        if len(self._queue) <= MAX_QUEUED_BYTES // 2:
            self._has_room.set()

    def _stop(self) -> None:
        self._closed = True
        self._queue.clear()
        asyncio.get_running_loop().remove_reader(self._output)
        asyncio.get_running_loop().remove_writer(self._output)
        self._has_room.set()
        self._answered.set()
