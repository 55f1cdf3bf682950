"""The SDK's client, with a count of what goes over the wire: every request has one answer."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

import anyio
from mcp import Client
from mcp.client._transport import ReadStream, Transport, TransportStreams, WriteStream
from mcp.client.session import IncomingMessage
from mcp.shared.message import SessionMessage
from mcp.types import (
    ElicitResult,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
    ResourceUpdatedNotification,
    jsonrpc_message_adapter,
)

from support.serving import ERAS, PATIENCE, Wire


@dataclass(slots=True)
class Tally:
    """The requests of one connection that have no answer yet."""

    faults: list[str]
    unanswered: dict[RequestId, str] = field(default_factory=dict)
    cancelled: set[RequestId] = field(default_factory=set)
    nonsense: int = 0
    """Lines that were no messages and are to be refused."""

    def sent(self, message: JSONRPCMessage) -> None:
        """Note what the client sends."""
        match message:
            case JSONRPCRequest():
                self.unanswered[message.id] = message.method
            case JSONRPCNotification(method="notifications/cancelled", params={"requestId": of}):
                self.unanswered.pop(of, None)
                self.cancelled.add(of)

    def received(self, message: JSONRPCMessage) -> None:
        """Note what the client receives."""
        match message:
            case JSONRPCError(id=None):
                self.nonsense -= 1
            case JSONRPCResponse(id=answered) | JSONRPCError(id=answered):
                assert answered is not None
                if self.unanswered.pop(answered, None) is not None:
                    return
                if answered in self.cancelled:  # The answer was on its way already.
                    self.cancelled.remove(answered)
                    return
                self.faults.append(f"an answer to request {answered} that nobody waits for")

    def closed(self) -> None:
        """Note that nothing will come any more."""
        for key, method in self.unanswered.items():
            self.faults.append(f"request {key} ({method}) got no answer")
        if self.nonsense:
            self.faults.append(f"{self.nonsense} lines that are no message got no answer")


class _Stream:
    async def aclose(self) -> None:
        """Do nothing: who opened it closes it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class _Reads(_Stream):
    """The messages of a stream, with a tally."""

    def __init__(self, stream: ReadStream[SessionMessage | Exception], tally: Tally) -> None:
        self._stream = stream
        self._tally = tally

    async def receive(self) -> SessionMessage | Exception:
        while True:
            item = await self._stream.receive()
            if not isinstance(item, SessionMessage):
                self._tally.faults.append(f"no message: {item!r}")
                return item
            self._tally.received(item.message)
            match item.message:
                case JSONRPCError(id=None):
                    continue
            return item

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Writes(_Stream):
    def __init__(self, stream: WriteStream[SessionMessage], tally: Tally) -> None:
        self._stream = stream
        self._tally = tally

    async def send(self, item: SessionMessage, /) -> None:
        self._tally.sent(item.message)
        await self._stream.send(item)

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Lines(_Reads):
    """The messages that a server writes to its standard output."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def receive(self) -> SessionMessage | Exception:
        if not (line := await self._wire.incoming.readline()):
            raise anyio.EndOfStream
        try:
            return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
        except ValueError as error:
            return error

    async def aclose(self) -> None:
        """Do nothing: the process ends with the wire."""


class _Output(_Stream):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def send(self, item: SessionMessage, /) -> None:
        self._wire.send(item.message.model_dump_json(by_alias=True, exclude_unset=True).encode())
        await self._wire.outgoing.drain()


@asynccontextmanager
async def lines_of(wire: Wire) -> AsyncIterator[TransportStreams]:
    """Be the transport to a server over stdio that is running already."""
    yield _Lines(wire), _Output(wire)


@asynccontextmanager
async def _counted(transport: Transport, tally: Tally) -> AsyncIterator[TransportStreams]:
    async with transport as (reads, writes):
        yield _Reads(reads, tally), _Writes(writes, tally)
    tally.closed()


@dataclass(slots=True)
class Guest:
    """A client of a server, and what can be done with its connection."""

    era: str
    client: Client
    tally: Tally
    connected: bool
    """Whether the server can ask and tell it something in the middle of a call."""
    wire: Wire | None = None
    heard: set[str] = field(default_factory=set)
    """The resources that it has been told about."""


@asynccontextmanager
async def guest(
    transport: AbstractAsyncContextManager[TransportStreams],
    era: str,
    faults: list[str],
    *,
    connected: bool,
    wire: Wire | None = None,
) -> AsyncIterator[Guest]:
    """Connect a client of an era, whose user agrees to everything."""
    tally = Tally(faults)
    heard: set[str] = set()

    async def hear(message: IncomingMessage) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            heard.add(str(message.params.uri))

    client = Client(
        _counted(transport, tally),
        mode=ERAS[era],
        read_timeout_seconds=PATIENCE,
        elicitation_callback=_agree,
        message_handler=hear,
        cache=None,  # What is asked for is to be asked of the server.
    )
    async with client:
        yield Guest(era, client, tally, connected, wire, heard)


async def _agree(*_: object, **__: object) -> ElicitResult:
    return ElicitResult(action="accept", content={})
