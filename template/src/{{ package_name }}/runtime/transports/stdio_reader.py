"""Standard input as a stream of messages, which the event loop watches."""

import asyncio
import contextlib
import json
import logging
import os
from collections import deque
from typing import Any, Self

import anyio
from mcp.server import Server
from mcp.shared.message import SessionMessage
from mcp.types import (
    CONNECTION_CLOSED,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from ..errors import end_subscriptions
from ..limits import cost, excess, is_overlong, outline
from ..shutdown import stopping
from .stdio_writer import Stream, Writer, is_file

logger = logging.getLogger(__name__)

MAX_WAITING_COST = 64 * 1024 * 1024  # Bytes, about, of requests that wait for their answers.
READ_SIZE = 256 * 1024  # Bytes.


class Reader(Stream):
    """Receives messages. A line that is no message gets an error, and nothing of it is kept."""

    def __init__(
        self,
        descriptor: int,
        wake: asyncio.Event,
        writer: Writer,
        server: Server[Any],
        *,
        grace: float,
        max_bytes: int,
    ) -> None:
        self._descriptor = descriptor
        self._wake = wake
        self._writer = writer
        self._server = server
        self._grace = grace
        self._max_bytes = max_bytes
        self._lines: deque[bytes] = deque()
        self._rest = bytearray()
        self._is_file = is_file(descriptor)
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
                # A client that does not read answers is not asked for more requests.
                with contextlib.suppress(anyio.BrokenResourceError):
                    await self._writer.drain()
                if (message := self._parse(self._lines.popleft())) is not None:
                    return SessionMessage(message)
            if self._ended:
                end_subscriptions(self._server)
                await self._writer.answer_all(self._grace)
                if not self._writer.asked:
                    break
                # The client cannot answer any more, and a handler may wait for it.
                _, request_id = self._writer.asked.popitem()
                gone = ErrorData(code=CONNECTION_CLOSED, message="The client has gone")
                return SessionMessage(JSONRPCError(jsonrpc="2.0", id=request_id, error=gone))
            if self._is_file:
                self._read()
                continue
            asyncio.get_running_loop().add_reader(self._descriptor, self._read)
            await self._wake.wait()
            self._wake.clear()
        stopping.set()
        raise anyio.EndOfStream

    def stop(self) -> None:
        """Stop watching the descriptor; the kernel keeps what comes, and slows its sender."""
        asyncio.get_running_loop().remove_reader(self._descriptor)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._ended = True
            stopping.set()
        self._feed(data or b"\n")  # The last line may have no end.
        if self._lines or self._ended:
            self.stop()
            self._wake.set()

    def _feed(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            whole = bytes(self._rest) + line if self._rest else line
            self._rest.clear()
            if whole and not whole.isspace() and not self._skipping:
                self._lines.append(whole)
            self._skipping = False
        if not self._skipping:
            self._rest += rest
        if len(self._rest) > self._max_bytes:
            self._rest.clear()
            self._skipping = True
            self._reject(f"A line is longer than {self._max_bytes} bytes")

    def _parse(self, line: bytes) -> JSONRPCMessage | None:
        if (reason := excess(line)) is not None:
            self._reject(reason, outline(line))
            return None
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError:
            message = None
        if message is None or (isinstance(message, JSONRPCNotification) and _has_id(line)):
            self._reject("A line is not a JSON-RPC 2.0 message", line)
            return None
        match message:
            case JSONRPCRequest():
                needed = cost(line)
                if self._writer.waiting_cost + needed > max(MAX_WAITING_COST, needed):
                    reason = "Too many requests wait for their answers"
                    self._reject(reason, outline(line))
                    return None
                self._writer.track_request(message.id, needed)
            case JSONRPCNotification(method="notifications/cancelled"):
                # The SDK would take "7" for 7, and cancel another request.
                if not self._writer.untrack_request((message.params or {}).get("requestId")):
                    return None
            case JSONRPCResponse() | JSONRPCError():
                self._writer.asked.pop(str(message.id), None)
        return message

    def _reject(self, text: str, line: bytes = b"{}") -> None:
        self._writer.write_message(error_response(text, line))


def _has_id(line: bytes) -> bool:
    """Return whether what looks like a notification wants an answer: its id has a wrong type."""
    with contextlib.suppress(ValueError, RecursionError):
        return b'"id"' in line and "id" in json.loads(line)
    return False


def error_response(text: str, line: bytes = b"{}") -> JSONRPCError:
    """Return the error for a line that is no message, with the id that its sender waits for."""
    logger.warning("refused input: %s", text)
    request_id, code, message = None, INVALID_REQUEST, text
    try:
        match json.loads(line):
            case {"result": _} | {"error": _}:
                pass  # An answer: its id is that of a request of ours.
            case {"id": str() | int() as found} if not (
                isinstance(found, bool) or is_overlong(found)
            ):
                str(found).encode()  # Half a surrogate pair cannot be sent back.
                request_id = found
    except ValueError:
        code, message = PARSE_ERROR, "A line is not JSON in UTF-8"
    except RecursionError:
        code, message = PARSE_ERROR, "A line is nested too deeply"
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=message))
