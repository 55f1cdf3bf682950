"""The stdio transport: one JSON-RPC message a line on standard input and output.

On POSIX, where both are pipes or sockets, the event loop itself waits for them, which moves twice
the messages of the SDK's worker threads. Elsewhere (files, terminals, Windows) the SDK's transport
serves. The contract is the SDK's: UTF-8, and the standard descriptors are diverted while serving,
so that nothing a handler or a child process prints can break the protocol.
"""

import asyncio
import contextlib
import json
import logging
import os
import select
import stat
import sys
from collections import Counter, deque
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import anyio
from mcp import stdio_server
from mcp.server import Server
from mcp.shared.message import SessionMessage
from mcp.types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

logger = logging.getLogger(__name__)

_LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of one message; a longer one is refused, so that a client cannot fill the memory."""

_MOST_UNREAD = 16 * 1024 * 1024
"""Bytes of answers that may wait for a client that does not read, before it is not read either."""

_DEAF_CHECK = 0.2
"""Seconds between two looks at whether the client is gone, while its last calls still run."""

_MOST_AT_ONCE = 1024 * 1024
"""Bytes that are written before the event loop gets to do something else."""

_PIECE = select.PIPE_BUF if hasattr(select, "PIPE_BUF") else 512
"""Bytes that a descriptor takes without blocking once it is said to be writable (POSIX)."""


async def serve_stdio(server: Server[Any], *, grace: float) -> None:
    """Serve one client until its end of input.

    Requests that were accepted are answered first, for which they have `grace` seconds.

    Raises:
        RuntimeError: another transport of this process serves standard input already.
    """
    options = server.create_initialization_options()
    if not (_is_pipe(0) and _is_pipe(1)):
        async with stdio_server() as (read_stream, write_stream):
            await server.run(read_stream, write_stream, options)
        return
    with _diverted() as (input_fd, output_fd):
        news = asyncio.Event()
        writer = _Writer(output_fd, news)
        reader = _Reader(input_fd, news, writer, grace=grace)
        try:
            await server.run(reader, writer, options)
        finally:
            reader.close()
            await writer.finish()


def _is_pipe(descriptor: int) -> bool:
    if sys.platform == "win32":
        return False
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


@contextlib.contextmanager
def _diverted() -> Iterator[tuple[int, int]]:
    """Yield private copies of descriptors 0 and 1, which read nothing and write to stderr meanwhile."""
    sys.stdout.flush()
    input_fd, output_fd = os.dup(0), os.dup(1)
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        try:
            yield input_fd, output_fd
        finally:
            sys.stdout.flush()
            os.dup2(input_fd, 0)
            os.dup2(output_fd, 1)
    finally:
        os.close(input_fd)
        os.close(output_fd)


class _Stream:
    """What the SDK's stream protocols ask for beside sending and receiving."""

    async def aclose(self) -> None:
        """Do nothing: `serve_stdio` opens and closes the descriptors."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self.aclose()


class _Writer(_Stream):
    """Sends messages in the order of the calls; a cancelled call never leaves half a message.

    The descriptor stays in blocking mode: the mode belongs to the pipe's end, which other processes
    may share. So it is written in pieces that cannot block, and only when it is writable.
    """

    def __init__(self, descriptor: int, news: asyncio.Event) -> None:
        self._descriptor = descriptor
        self._news = news
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._waiting = bytearray()
        self._flushing = False
        self._has_room = asyncio.Event()
        self._has_room.set()
        self.closed = False
        self.unanswered: Counter[str] = Counter()
        self.all_answered = asyncio.Event()

    async def send(self, item: SessionMessage) -> None:
        """Queue a message, and wait while too many bytes wait for the client.

        Raises:
            BrokenResourceError: the client is gone.
        """
        if self.closed:
            raise anyio.BrokenResourceError
        message = item.message
        self.put(message.model_dump_json(by_alias=True, exclude_unset=True).encode())
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            self.settle(message.id)
        if not self._has_room.is_set():
            await self.room()

    async def room(self) -> None:
        """Wait until the client has read enough to be sent more.

        Raises:
            BrokenResourceError: the client is gone.
        """
        await self._has_room.wait()
        if self.closed:
            raise anyio.BrokenResourceError

    def put(self, line: bytes) -> None:
        """Queue a line; the lines of one turn of the event loop are written together."""
        self._waiting += line
        self._waiting += b"\n"
        if len(self._waiting) > _MOST_UNREAD:
            self._has_room.clear()
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def settle(self, request_id: object) -> None:
        """Note that a request needs no answer any more."""
        key = str(request_id)
        self.unanswered[key] -= 1
        if self.unanswered[key] <= 0:
            del self.unanswered[key]
        if not self.unanswered:
            self.all_answered.set()

    def is_deaf(self) -> bool:
        """Return whether nobody can read any more."""
        events = self._poll.poll(0)
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in events)

    async def finish(self) -> None:
        """Write what waits, unless the client does not take it for a second."""
        with anyio.move_on_after(1, shield=True):
            while self._waiting and not self.closed:
                self._has_room.clear()
                await self._has_room.wait()
        self._stop()

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        written = 0
        try:
            end = min(len(self._waiting), _MOST_AT_ONCE)
            while written < end and self._poll.poll(0):
                piece = self._waiting[written : written + _PIECE]
                written += os.write(self._descriptor, piece)
        except BlockingIOError:
            pass
        except OSError:
            self._stop()
            return
        del self._waiting[:written]
        if self._waiting:
            loop.add_writer(self._descriptor, self._flush)
        else:
            loop.remove_writer(self._descriptor)
            self._flushing = False
        if len(self._waiting) <= _MOST_UNREAD // 2:
            self._has_room.set()

    def _stop(self) -> None:
        asyncio.get_running_loop().remove_writer(self._descriptor)
        self._waiting.clear()
        self._flushing = True
        self.closed = True
        self.all_answered.set()
        self._has_room.set()
        self._news.set()


class _Reader(_Stream):
    """Receives messages; a line that is none is answered here and then forgotten."""

    def __init__(
        self, descriptor: int, news: asyncio.Event, writer: _Writer, *, grace: float
    ) -> None:
        self._descriptor = descriptor
        self._news = news
        self._writer = writer
        self._grace = grace
        self._lines: deque[bytes] = deque()
        self._rest = bytearray()
        self._skipping = False
        self._ended = False
        self._reading = False

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
            EndOfStream: the input is at its end and every accepted request is answered, or the
                client has stopped to read.
        """
        while True:
            while self._lines:
                # A client that does not read its answers is not asked for more requests.
                with contextlib.suppress(anyio.BrokenResourceError):
                    await self._writer.room()
                if (message := self._parsed(self._lines.popleft())) is not None:
                    return SessionMessage(message)
            if self._ended or self._writer.closed:
                await self._last_answers()
                raise anyio.EndOfStream
            self._start()
            await self._news.wait()
            self._news.clear()

    def close(self) -> None:
        """Stop watching the descriptor."""
        if self._reading:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            self._reading = False

    def _start(self) -> None:
        if not self._reading:
            asyncio.get_running_loop().add_reader(self._descriptor, self._read)
            self._reading = True

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, 256 * 1024)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._take(data)
        else:
            self._ended = True
        if self._lines or self._ended:
            # Until these are taken the kernel keeps the rest, and slows the client down.
            self.close()
            self._news.set()

    def _take(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            whole = bytes(self._rest) + line if self._rest else line
            self._rest.clear()
            if self._skipping:
                self._skipping = False
            elif whole and not whole.isspace():
                self._lines.append(whole)
        if self._skipping:
            return
        self._rest += rest
        if len(self._rest) > _LONGEST_LINE:
            self._rest.clear()
            self._skipping = True
            self._refuse(INVALID_REQUEST, f"A message is longer than {_LONGEST_LINE} bytes")

    def _parsed(
        self, line: bytes
    ) -> JSONRPCRequest | JSONRPCNotification | JSONRPCResponse | JSONRPCError | None:
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError as error:
            if error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
                self._refuse(PARSE_ERROR, "A line is not JSON in UTF-8")
            else:
                self._refuse(INVALID_REQUEST, "A line is not a JSON-RPC 2.0 message", _id_in(line))
            return None
        if isinstance(message, JSONRPCRequest):
            self._writer.unanswered[str(message.id)] += 1
            self._writer.all_answered.clear()
        elif (cancelled := _cancelled_by(message)) in self._writer.unanswered:
            self._writer.settle(cancelled)
        return message

    def _refuse(self, code: int, text: str, request_id: str | int | None = None) -> None:
        logger.warning("refused a line of input: %s", text)
        if not self._writer.closed:
            problem = ErrorData(code=code, message=text)
            error = JSONRPCError(jsonrpc="2.0", id=request_id, error=problem)
            self._writer.put(error.model_dump_json(by_alias=True, exclude_unset=True).encode())

    async def _last_answers(self) -> None:
        with anyio.move_on_after(self._grace):
            while self._writer.unanswered and not self._writer.is_deaf():
                with anyio.move_on_after(_DEAF_CHECK):
                    await self._writer.all_answered.wait()


def _cancelled_by(message: JSONRPCNotification | JSONRPCResponse | JSONRPCError) -> str | None:
    """Return the id of the request that a message cancels: nobody will answer it."""
    if isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
        return str((message.params or {}).get("requestId"))
    return None


def _id_in(line: bytes) -> str | int | None:
    """Return the id of what was meant as a request, so that its sender need not wait for ever."""
    match json.loads(line):
        case {"id": str() | int() as request_id} if not isinstance(request_id, bool):
            return request_id
        case _:
            return None
