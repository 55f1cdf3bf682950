"""Standard input as a stream of messages, which the event loop watches."""

import asyncio
import contextlib
import json
import logging
import os
from collections import deque
from typing import Any

import anyio.abc
from mcp import types
from mcp.server import Server
from mcp.shared.message import SessionMessage
from pydantic import ValidationError
from pydantic_core import from_json

from ..errors import end_subscriptions
from ..limits import cost, excess, is_overlong, outline
from ..shutdown import stopping
from .stdio_writer import Writer, is_file

logger = logging.getLogger(__name__)

MAX_WAITING_COST = 64 * 1024 * 1024  # Bytes, about, of requests that wait for their answers.
READ_SIZE = 256 * 1024  # Bytes.


class Stdio(Writer, anyio.abc.ObjectReceiveStream[SessionMessage]):
    """Both directions: what is sent goes out by the `Writer`, and what comes in is received here.

    A line that is no message gets an error, and nothing of it is kept.
    """

    def __init__(
        self, descriptors: tuple[int, int], server: Server[Any], *, grace: float, max_bytes: int
    ) -> None:
        self._input, output = descriptors
        super().__init__(output)
        self._input_is_file = is_file(self._input)
        self._server = server
        self._grace = grace
        self._max_bytes = max_bytes
        self._lines: deque[bytes] = deque()
        self._rest = bytearray()
        self._skipping = False
        self._ended = False
        self._readable = asyncio.Event()

    async def receive(self) -> SessionMessage:
        """Return the next message.

        Raises:
            EndOfStream: the client is gone, or the input is at its end and all is answered.
        """
        while not self._closed:
            while self._lines:
                # A client that does not read answers is not asked for more requests.
                await self._has_room.wait()
                if (message := self._parse(self._lines.popleft())) is not None:
                    return SessionMessage(message)
            if self._ended:
                await self._answer_all()
                if not self._asked:
                    break
                # The client cannot answer any more, and a handler may wait for it.
                _, request_id = self._asked.popitem()
                gone = types.ErrorData(code=types.CONNECTION_CLOSED, message="The client has gone")
                return SessionMessage(types.JSONRPCError(jsonrpc="2.0", id=request_id, error=gone))
            if not self._input_is_file:
                await self._wait_readable()
            if not self._closed:
                self._read()
        stopping.set()
        raise anyio.EndOfStream

    async def _answer_all(self) -> None:
        """Wait for the last answers until the client is gone, a question is open, or time is over."""
        end_subscriptions(self._server)
        self._deadline = min(self._deadline, anyio.current_time() + self._grace)
        with anyio.CancelScope(deadline=self._deadline):
            while self._unanswered and not self._asked and not self._is_gone():
                self._answered.clear()
                with anyio.move_on_after(0.2):
                    await self._answered.wait()

    async def _wait_readable(self) -> None:
        """Wait for input, or until the client is gone."""
        loop = asyncio.get_running_loop()
        self._readable.clear()
        loop.add_reader(self._input, self._readable.set)
        try:
            await self._readable.wait()
        finally:
            loop.remove_reader(self._input)

    def _stop(self) -> None:
        super()._stop()
        self._readable.set()

    def _read(self) -> None:
        try:
            data = os.read(self._input, READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._ended = True
            stopping.set()
        self._feed(data or b"\n")  # The last line may have no end.

    def _feed(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._keep(line)
            if self._rest and not self._rest.isspace():
                self._lines.append(bytes(self._rest))
            self._rest.clear()
            self._skipping = False
        self._keep(rest)

    def _keep(self, part: bytes) -> None:
        """Keep a part of a line; or refuse the line once it is too long, and skip its rest."""
        if not self._skipping:
            self._rest += part
        if len(self._rest) > self._max_bytes:
            self._rest.clear()
            self._skipping = True
            self._reject(f"A line is longer than {self._max_bytes} bytes")

    def _parse(self, line: bytes) -> types.JSONRPCMessage | None:
        if (reason := excess(line)) is not None:
            return self._refuse(reason, outline(line))
        try:
            message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError:
            self._reject("A line is not a JSON-RPC 2.0 message", line)
            return None
        match message:
            case types.JSONRPCRequest():
                needed = cost(line)
                if self.waiting_cost + needed > max(MAX_WAITING_COST, needed):
                    self._reject("Too many requests wait for their answers", outline(line))
                    return None
                self.track_request(message.id, needed)
            case types.JSONRPCNotification() if b'"id"' in line and "id" in from_json(line):
                # What looks like a notification wants an answer: its id has a wrong type.
                self._reject("A line is not a JSON-RPC 2.0 message", line)
                return None
            case types.JSONRPCNotification(method="notifications/cancelled"):
                # The SDK would take "7" for 7, and cancel another request.
                if not self.untrack_request((message.params or {}).get("requestId")):
                    return None
            case types.JSONRPCResponse() | types.JSONRPCError():
                self._asked.pop(str(message.id), None)
        return message

    def _refuse(self, reason: str, line: bytes) -> types.JSONRPCError | None:
        """Answer a request that costs too much; an answer becomes an error for who has asked."""
        with contextlib.suppress(ValueError):
            match json.loads(line):
                case {"result": _, "id": request_id} if self._asked.pop(str(request_id), None):
                    logger.warning("refused input: %s", reason)
                    error = types.ErrorData(code=types.INVALID_REQUEST, message=reason)
                    return types.JSONRPCError(jsonrpc="2.0", id=request_id, error=error)
        self._reject(reason, line)
        return None

    def _reject(self, reason: str, line: bytes = b"{}") -> None:
        """Answer a line with an error, which has the id that its sender waits for."""
        logger.warning("refused input: %s", reason)
        request_id, code = None, types.INVALID_REQUEST
        try:
            match json.loads(line):
                case {"result": _} | {"error": _} | {"id": bool()}:
                    pass  # The id of an answer is that of a request of ours.
                case {"id": str() | int() as found} if not is_overlong(found):
                    str(found).encode()  # Half a surrogate pair cannot be sent back.
                    request_id = found
        except ValueError:
            code, reason = types.PARSE_ERROR, "A line is not JSON in UTF-8"
        except RecursionError:
            code, reason = types.PARSE_ERROR, "A line is nested too deeply"
        error = types.ErrorData(code=code, message=reason)
        self.write_message(types.JSONRPCError(jsonrpc="2.0", id=request_id, error=error))
