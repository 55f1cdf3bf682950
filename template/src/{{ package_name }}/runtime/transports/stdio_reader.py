"""Standard input and output as streams of messages."""

import asyncio
import contextlib
import json
import logging
import math
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
from .stdio_writer import Writer, is_unwatchable

logger = logging.getLogger(__name__)

MAX_WAITING_COST = 64 * 1024 * 1024  # Bytes, about, of requests that wait for their answers.
READ_SIZE = 256 * 1024  # Bytes.
LAST_SECOND = 1.0  # To write what waits when there is no other time left.


class Stdio(
    anyio.abc.ObjectReceiveStream[SessionMessage], anyio.abc.ObjectSendStream[SessionMessage]
):
    """Both directions, so that at the end of input it is known what has to be answered.

    A line that is no message gets an error, and nothing of it is kept.
    """

    def __init__(
        self, descriptors: tuple[int, int], server: Server[Any], *, grace: float, max_bytes: int
    ) -> None:
        self._input, output = descriptors
        self._input_is_unwatchable = is_unwatchable(self._input)
        self._writer = Writer(output, self._wake)
        self._server = server
        self._grace = grace
        self._max_bytes = max_bytes
        self._lines: deque[bytes] = deque()
        self._rest = bytearray()
        self._skipping = False
        self._ended = False
        self._readable = asyncio.Event()
        self._unanswered: dict[str, list[int]] = {}  # What each costs, by the ids of the client.
        self._waiting_cost = 0
        self._asked: dict[str, types.RequestId] = {}  # The client, by the server.
        self._answered = asyncio.Event()
        self._deadline = math.inf

    async def receive(self) -> SessionMessage:
        """Return the next message.

        Raises:
            EndOfStream: the client is gone, or the input is at its end and all is answered.
        """
        while not self._writer.is_closed:
            while self._lines:
                # A client that does not read answers is not asked for more requests.
                await self._writer.has_room.wait()
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
            if not self._input_is_unwatchable:
                await self._wait_readable()
            if not self._writer.is_closed:
                self._read()
        stopping.set()
        raise anyio.EndOfStream

    async def send(self, item: SessionMessage) -> None:
        """Queue a message; while too many bytes wait for the client, wait.

        Raises:
            BrokenResourceError: the client is gone.
            MCPError: -32603 for text that cannot be sent.
        """
        self._writer.write(item.message)
        match item.message:
            case types.JSONRPCResponse() | types.JSONRPCError():
                self._forget(item.message.id)
            case types.JSONRPCRequest():
                self._asked[str(item.message.id)] = item.message.id
                self._answered.set()
        await self._writer.has_room.wait()
        if self._writer.is_closed:
            raise anyio.BrokenResourceError

    async def aclose(self) -> None:
        """Do nothing: `serve_stdio` opens and closes the descriptors."""

    async def flush_and_close(self, grace: float) -> None:
        """Write what waits, unless the client is gone or the time is over.

        The time is what the last answers have left of `grace`, and at least a second, in which
        errors can take their place.
        """
        now = anyio.current_time()
        await self._writer.flush_and_close(max(now + LAST_SECOND, min(now + grace, self._deadline)))

    async def _answer_all(self) -> None:
        """Wait for the last answers until the client is gone, a question is open, or time is over."""
        end_subscriptions(self._server)
        self._deadline = min(self._deadline, anyio.current_time() + self._grace)
        with anyio.CancelScope(deadline=self._deadline):
            while self._unanswered and not self._asked and not self._writer.is_client_gone():
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

    def _wake(self) -> None:
        """Let nothing wait any more for a client that is gone."""
        self._readable.set()
        self._answered.set()

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
            self._reject(f"A line is longer than {self._max_bytes} bytes", None)

    def _parse(self, line: bytes) -> types.JSONRPCMessage | None:
        if (reason := excess(line)) is not None:
            return self._refuse(reason, outline(line))
        try:
            message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError:
            self._reject_line("A line is not a JSON-RPC 2.0 message", line)
            return None
        match message:
            case types.JSONRPCRequest():
                needed = cost(line)
                if self._waiting_cost + needed > max(MAX_WAITING_COST, needed):
                    self._reject("Too many requests wait for their answers", message.id)
                    return None
                self._unanswered.setdefault(repr(message.id), []).append(needed)  # 7 is not "7".
                self._waiting_cost += needed
            case types.JSONRPCNotification() if b'"id"' in line and "id" in from_json(line):
                # What looks like a notification wants an answer: its id has a wrong type.
                self._reject_line("A line is not a JSON-RPC 2.0 message", line)
                return None
            case types.JSONRPCNotification(method="notifications/cancelled"):
                # The SDK would take "7" for 7, and cancel another request.
                if not self._forget((message.params or {}).get("requestId")):
                    return None
            case types.JSONRPCResponse() | types.JSONRPCError():
                self._asked.pop(str(message.id), None)
        return message

    def _forget(self, request_id: object) -> bool:
        """Note that a request wants no answer any more; return whether it wanted one."""
        if not (costs := self._unanswered.pop(repr(request_id), [])):
            return False
        self._waiting_cost -= costs.pop()
        if costs:
            self._unanswered[repr(request_id)] = costs
        self._answered.set()
        return True

    def _refuse(self, reason: str, line: bytes) -> types.JSONRPCError | None:
        """Answer a request that costs too much; an answer becomes an error for who has asked."""
        with contextlib.suppress(ValueError):
            match json.loads(line):
                case {"result": _, "id": request_id} if self._asked.pop(str(request_id), None):
                    logger.warning("refused input: %s", reason)
                    error = types.ErrorData(code=types.INVALID_REQUEST, message=reason)
                    return types.JSONRPCError(jsonrpc="2.0", id=request_id, error=error)
        self._reject_line(reason, line)
        return None

    def _reject_line(self, reason: str, line: bytes) -> None:
        """Answer a line that is no message with an error, which has the id that its sender waits for."""
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
        self._reject(reason, request_id, code)

    def _reject(
        self, reason: str, request_id: types.RequestId | None, code: int = types.INVALID_REQUEST
    ) -> None:
        logger.warning("refused input: %s", reason)
        error = types.ErrorData(code=code, message=reason)
        self._writer.write(types.JSONRPCError(jsonrpc="2.0", id=request_id, error=error))
