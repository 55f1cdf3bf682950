"""The stdio transport: one JSON-RPC message a line on standard input and output.

On POSIX the event loop itself waits for them, which moves twice the messages of the SDK's worker
threads, and can be interrupted while it does. On Windows the SDK's transport serves. The contract
is the SDK's: UTF-8, and the standard descriptors are diverted while serving, so that nothing a
handler or a child process prints can break the protocol.
"""

import asyncio
import contextlib
import json
import logging
import math
import os
import select
import stat
import sys
import threading
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, Self

import anyio
from mcp import stdio_server
from mcp.server import Server
from mcp.shared.message import SessionMessage
from mcp.types import (
    CONNECTION_CLOSED,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from . import end_subscriptions, internal_error, refusal

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)

LONGEST_LINE = 64 * 1024 * 1024  # Bytes; more are refused, or a client could fill the memory.
LAST_SECOND = 1.0  # To write what waits when there is no other time left.
HIGH_WATER_MARK = 16 * 1024 * 1024  # Bytes of answers that wait before no more requests are read.
FLUSH_LIMIT = 1024 * 1024  # Bytes that are written before the event loop does something else.
CHUNK_SIZE: int = getattr(select, "PIPE_BUF", 512)  # Bytes that fit whenever it is writable.

_claim = threading.Lock()


async def serve_stdio(server: Server[Any], *, grace: float) -> None:
    """Serve one client until its end of input.

    The requests that were accepted are answered first, for which they have `grace` seconds.

    Raises:
        RuntimeError: another transport of this process serves standard input already.
    """
    options = server.create_initialization_options()
    if not _claim.acquire(blocking=False):
        raise RuntimeError("another transport of this process serves standard input")
    try:
        if sys.platform == "win32":
            async with stdio_server() as (read_stream, write_stream):
                await server.run(read_stream, write_stream, options)
            return
        with _diverted() as (input_fd, output_fd):
            wake = asyncio.Event()
            writer = Writer(output_fd, wake)
            reader = Reader(input_fd, wake, writer, server, grace=grace)
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
                await writer.finish(grace)
    finally:
        _claim.release()


@contextlib.contextmanager
def _diverted() -> Iterator[tuple[int, int]]:
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


def _is_file(descriptor: int) -> bool:
    """Return whether it never lets anyone wait: event loops cannot watch those."""
    mode = os.fstat(descriptor).st_mode
    return not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor))


class _Stream:
    """What the SDK's stream protocols ask for, beside sending and receiving."""

    async def aclose(self) -> None:
        """Do nothing: `serve_stdio` opens and closes the descriptors."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class Writer(_Stream):
    """Sends messages, in the order of the calls and never half of one.

    The descriptor stays in blocking mode, because the mode belongs to the end of the pipe, which
    other processes may share: it is written in small pieces, and only while it is writable.
    """

    def __init__(self, descriptor: int, wake: asyncio.Event) -> None:
        self._descriptor = descriptor
        self._wake = wake
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._waiting = bytearray()
        self._flushing = False
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._answered = asyncio.Event()
        self._deadline = math.inf
        self._unanswered: Counter[str] = Counter()
        self.asked: dict[str, RequestId] = {}
        self.closed = False
        self._is_file = _is_file(descriptor)
        if not self._is_file:
            # The writing end of a pipe becomes readable when the client closes it. A socket or a
            # terminal may also have input; then the end of that tells that the client is gone.
            asyncio.get_running_loop().add_reader(descriptor, self._look)

    async def send(self, item: SessionMessage) -> None:
        """Queue a message; while too many bytes wait for the client, wait.

        Raises:
            BrokenResourceError: the client is gone.
        """
        self.put(item.message)
        match item.message:
            case JSONRPCResponse() | JSONRPCError():
                self.settle(item.message.id)
            case JSONRPCRequest():
                self.asked[str(item.message.id)] = item.message.id
                self._answered.set()
        await self.room()

    async def room(self) -> None:
        """Wait until the client has read enough to be sent more.

        Raises:
            BrokenResourceError: the client is gone.
        """
        if not self._has_room.is_set():
            await self._has_room.wait()
        if self.closed:
            raise anyio.BrokenResourceError

    def put(self, message: JSONRPCMessage) -> None:
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
        self._waiting += line.encode()
        self._waiting += b"\n"
        if len(self._waiting) > HIGH_WATER_MARK:
            self._has_room.clear()
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def expect(self, request_id: object) -> None:
        """Note that a request wants an answer."""
        self._unanswered[str(request_id)] += 1

    def settle(self, request_id: object) -> None:
        """Note that a request has its answer, or wants none any more."""
        key = str(request_id)
        if self._unanswered[key] <= 1:
            del self._unanswered[key]
        else:
            self._unanswered[key] -= 1
        self._answered.set()

    async def answer_all(self, grace: float) -> None:
        """Wait for the last answers until the client is gone, a question is open, or time is over."""
        self._deadline = min(self._deadline, anyio.current_time() + grace)
        with anyio.CancelScope(deadline=self._deadline):
            while self._unanswered and not self.asked and not self._is_gone():
                self._answered.clear()
                with anyio.move_on_after(0.2):
                    await self._answered.wait()

    async def finish(self, grace: float) -> None:
        """Write what waits, unless the client is gone or the time is over.

        That is what the last answers have left of it, and a second at least for errors in their
        place.
        """
        now = anyio.current_time()
        deadline = min(now + grace, max(now + LAST_SECOND, self._deadline))
        with anyio.CancelScope(deadline=deadline, shield=True):
            while self._waiting and not self.closed:
                self._has_room.clear()
                await self._has_room.wait()
        self._stop()

    def _is_gone(self) -> bool:
        gone = select.POLLERR | select.POLLHUP
        return any(event & gone for _, event in self._poll.poll(0)) or self.closed

    def _look(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        if self._is_gone():
            self._stop()

    def _flush(self) -> None:
        written, end = 0, min(len(self._waiting), FLUSH_LIMIT)
        try:
            while written < end and self._poll.poll(0):
                chunk = self._waiting[written : written + CHUNK_SIZE]
                written += os.write(self._descriptor, chunk)
        except BlockingIOError:
            pass
        except OSError:
            self._stop()
            return
        del self._waiting[:written]
        loop = asyncio.get_running_loop()
        if self._waiting and self._is_file:
            loop.call_soon(self._flush)
        elif self._waiting:
            loop.add_writer(self._descriptor, self._flush)
        else:
            loop.remove_writer(self._descriptor)
            self._flushing = False
        if len(self._waiting) <= HIGH_WATER_MARK // 2:
            self._has_room.set()

    def _stop(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._descriptor)
        loop.remove_writer(self._descriptor)
        self._waiting.clear()
        self.closed = True
        for event in (self._answered, self._has_room, self._wake):
            event.set()


class Reader(_Stream):
    """Receives messages. A line that is not a message is answered and then forgotten."""

    def __init__(
        self,
        descriptor: int,
        wake: asyncio.Event,
        writer: Writer,
        server: Server[Any],
        *,
        grace: float,
    ) -> None:
        self._descriptor = descriptor
        self._wake = wake
        self._writer = writer
        self._server = server
        self._grace = grace
        self._lines: deque[bytes] = deque()
        self._rest = bytearray()
        self._is_file = _is_file(descriptor)
        self._skipping = False
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def receive(self) -> SessionMessage | Exception:
        """Return the next message.

        Raises:
            EndOfStream: the client is gone, or the input is at its end and all is answered.
        """
        while not self._writer.closed:
            while self._lines:
                # Who does not read answers is not asked for more requests.
                with contextlib.suppress(anyio.BrokenResourceError):
                    await self._writer.room()
                if (message := self._parsed(self._lines.popleft())) is not None:
                    return SessionMessage(message)
            if self._ended:
                end_subscriptions(self._server)
                await self._writer.answer_all(self._grace)
                if not self._writer.asked:
                    break
                # There is nobody any more to answer; who waits for that would wait in vain.
                _, request_id = self._writer.asked.popitem()
                gone = ErrorData(code=CONNECTION_CLOSED, message="The client has gone")
                return SessionMessage(JSONRPCError(jsonrpc="2.0", id=request_id, error=gone))
            if self._is_file:
                self._read()
                continue
            asyncio.get_running_loop().add_reader(self._descriptor, self._read)
            await self._wake.wait()
            self._wake.clear()
        raise anyio.EndOfStream

    def stop(self) -> None:
        """Watch the descriptor no longer; the kernel keeps what comes, and slows its sender."""
        asyncio.get_running_loop().remove_reader(self._descriptor)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, 256 * 1024)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._ended = not data
        self._take(data or b"\n")  # The last line may have no end.
        if self._lines or self._ended:
            self.stop()
            self._wake.set()

    def _take(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            whole = bytes(self._rest) + line if self._rest else line
            self._rest.clear()
            if whole and not whole.isspace() and not self._skipping:
                self._lines.append(whole)
            self._skipping = False
        if not self._skipping:
            self._rest += rest
        if len(self._rest) > LONGEST_LINE:
            self._rest.clear()
            self._skipping = True
            self._writer.put(refusal(f"A line is longer than {LONGEST_LINE} bytes"))

    def _parsed(self, line: bytes) -> JSONRPCMessage | None:
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError:
            message = None
        if message is None or (isinstance(message, JSONRPCNotification) and _has_id(line)):
            self._writer.put(refusal("A line is not a JSON-RPC 2.0 message", line))
            return None
        match message:
            case JSONRPCRequest():
                self._writer.expect(message.id)
            case JSONRPCNotification(method="notifications/cancelled"):
                self._writer.settle((message.params or {}).get("requestId"))
            case JSONRPCResponse() | JSONRPCError():
                self._writer.asked.pop(str(message.id), None)
        return message


def _has_id(line: bytes) -> bool:
    """Return whether what looks like a notification wants an answer: its id has a wrong type."""
    with contextlib.suppress(ValueError, RecursionError):
        return b'"id"' in line and "id" in json.loads(line)
    return False
