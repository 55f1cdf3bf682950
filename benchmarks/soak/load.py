"""The load: clients that stay and clients that come and go, and what is noted meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from mcp.client.streamable_http import streamable_http_client

from benchmarks.soak.clients import Guest, guest, lines_of
from benchmarks.soak.operations import CHANCE, count_words, operations_of, structured
from benchmarks.soak.verdict import Record, Sample
from support.serving import ERAS, PATIENCE, Installed

STDIO = {f"stdio {era}": era for era in ERAS}
"""The servers over stdio, and the era of the client of each."""

HTTP = {"HTTP": 0, "HTTP with sessions": 20}
"""The servers over HTTP, and how many sessions each has room for."""

KINDS = (*STDIO, *HTTP)

MAX_FAULTS = 20
"""More say nothing new: the load ends."""


@dataclass(slots=True)
class Pause:
    """Lets operations through, and holds the next ones back while something is measured."""

    _open: asyncio.Event = field(default_factory=asyncio.Event)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    _under_way: int = 0

    def __post_init__(self) -> None:
        self._open.set()
        self._idle.set()

    @asynccontextmanager
    async def operation(self) -> AsyncIterator[None]:
        """Begin when nothing is measured."""
        await self._open.wait()
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        """Wait until nothing is under way, and let nothing begin."""
        self._open.clear()
        try:
            await self._idle.wait()
            yield
        finally:
            self._open.set()


@dataclass(slots=True)
class Server:
    """A server process, the clients that stay with it, and how others connect."""

    name: str
    pid: int
    guests: list[Guest]
    connect: Callable[[str], AbstractAsyncContextManager[Guest]] | None = None
    address: tuple[str, int] | None = None
    latencies: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Soak:
    """How servers are loaded, and what comes of it."""

    installed: Installed
    rate: float
    """Operations in a second, all clients together."""
    kinds: Sequence[str] = KINDS
    leaking: bool = False
    """Whether the server loses something now and then: planted, to see that it is found."""
    compared: int = 200
    """Calls of a server that is old by now, and as many of a fresh one."""
    patience: float = PATIENCE
    """Seconds that what is left of the load has to end by itself."""
    faults: list[str] = field(default_factory=list)
    _pause: Pause = field(default_factory=Pause)

    async def run(self, seconds: float, tell: Callable[[str], None]) -> list[Record]:
        """Load all servers for some time, and return what was noted of each."""
        async with AsyncExitStack() as stack:
            servers = [await stack.enter_async_context(self._start(one)) for one in self.kinds]
            records = [Record(server.name) for server in servers]
            for server, record in zip(servers, records, strict=True):
                await self._warm_up(server)
                record.before = await _settled(server, self.patience)
            begin = time.monotonic()
            interval = min(30, max(0.5, seconds / 40))
            async with asyncio.TaskGroup() as group:
                workers = [group.create_task(work) for work in self._workers(servers)]
                while time.monotonic() - begin < seconds and len(self.faults) < MAX_FAULTS:
                    await asyncio.sleep(interval)
                    async with self._pause.quiet():
                        for server, record in zip(servers, records, strict=True):
                            record.samples.append(await sample(server, time.monotonic() - begin))
                    if len(records[0].samples) % 10 == 0:
                        tell(_shown(records))
                async with self._pause.quiet():
                    for worker in workers:
                        worker.cancel()
            for server, record in zip(servers, records, strict=True):
                record.after = await _settled(server, self.patience, record.before)
            await self._compare(servers, records)
        return records

    def _start(self, kind: str) -> AbstractAsyncContextManager[Server]:
        if kind in HTTP:
            return self._over_http(kind, HTTP[kind])
        return self._over_stdio(kind, STDIO[kind])

    @asynccontextmanager
    async def _over_stdio(self, kind: str, era: str) -> AsyncIterator[Server]:
        async with (
            self.installed.over_stdio(era) as wire,
            guest(lines_of(wire), era, self.faults, connected=True, wire=wire) as visitor,
        ):
            yield Server(kind, wire.process.pid, [visitor])

    @asynccontextmanager
    async def _over_http(self, kind: str, sessions: int) -> AsyncIterator[Server]:
        async with AsyncExitStack() as stack:
            listening = await stack.enter_async_context(self.installed.over_http(sessions=sessions))

            def connect(era: str) -> AbstractAsyncContextManager[Guest]:
                transport = streamable_http_client(listening.url)
                return guest(transport, era, self.faults, connected=bool(sessions))

            guests = [await stack.enter_async_context(connect(era)) for era in ERAS]
            yield Server(kind, listening.process.pid, guests, connect, listening.address)

    async def _warm_up(self, server: Server) -> None:
        """Let everything happen once that a server does only the first time."""
        for one in server.guests:
            for operation in operations_of(one, leaking=False):
                await operation(one)

    def _workers(self, servers: list[Server]) -> list[Coroutine[Any, Any, None]]:
        staying = [(server, one) for server in servers for one in server.guests for _ in range(2)]
        visited = [server for server in servers if server.connect]
        mean = (len(staying) + len(visited)) / self.rate
        return [
            *(self._stay(server, one, mean) for server, one in staying),
            *(self._come_and_go(server, mean) for server in visited),
        ]

    async def _stay(self, server: Server, one: Guest, mean: float) -> None:
        possible = operations_of(one, leaking=self.leaking)
        while True:
            await asyncio.sleep(CHANCE.uniform(0, 2 * mean))
            (operation,) = CHANCE.choices([*possible], [*possible.values()])
            async with self._pause.operation():
                begin = time.perf_counter()
                if await self._done(f"{server.name}, {one.era}", operation(one)) and (
                    operation is count_words
                ):
                    server.latencies.append((time.perf_counter() - begin) * 1000)

    async def _come_and_go(self, server: Server, mean: float) -> None:
        while True:
            await asyncio.sleep(CHANCE.uniform(0, 2 * mean))
            async with self._pause.operation():
                visit = CHANCE.choice([self._visit, self._visit, break_off])
                await self._done(f"{server.name}, a visitor", visit(server))

    async def _visit(self, server: Server) -> None:
        assert server.connect
        era = CHANCE.choice([*ERAS])
        async with server.connect(era) as one:
            possible = operations_of(one, leaking=False)
            for operation in CHANCE.choices([*possible], [*possible.values()], k=2):
                await operation(one)

    async def _done(self, who: str, work: Awaitable[None]) -> bool:
        """Do it, and note what goes wrong."""
        try:
            async with asyncio.timeout(PATIENCE):
                await work
        except Exception as error:  # noqa: BLE001 (whatever it is, it is noted)
            self.faults.append(f"{who}: {error!r}")
            return False
        return True

    async def _compare(self, servers: list[Server], records: list[Record]) -> None:
        """Measure each server in turns with one of its kind that has just been started."""
        for aged, record in zip(servers, records, strict=True):
            async with self._start(aged.name) as fresh, AsyncExitStack() as stack:
                await self._warm_up(fresh)
                # Clients that are new to both, where that can be: they are not what is measured.
                turns = [
                    (await stack.enter_async_context(_newcomer(aged)), record.aged),
                    (await stack.enter_async_context(_newcomer(fresh)), record.fresh),
                ]
                for _ in range(self.compared):
                    for one, taken in turns:
                        begin = time.perf_counter()
                        await count_words(one)
                        taken.append((time.perf_counter() - begin) * 1000)
                    turns.reverse()


@asynccontextmanager
async def _newcomer(server: Server) -> AsyncIterator[Guest]:
    if server.connect is None:
        yield server.guests[-1]
        return
    async with server.connect(server.guests[-1].era) as one:
        yield one


async def break_off(server: Server) -> None:
    """Be a client that is gone in the middle of a request."""
    assert server.address
    _, writer = await asyncio.open_connection(*server.address)
    writer.write(
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Accept: application/json, text/event-stream\r\nContent-Length: 1000\r\n\r\n{"
    )
    await writer.drain()
    writer.transport.abort()


async def _settled(server: Server, patience: float, before: Sample | None = None) -> Sample:
    """Return what a server takes up when all that ends by itself has ended."""
    end = time.monotonic() + patience
    while True:
        await asyncio.sleep(0.25)
        left = await sample(server, 0)
        over = not left.waiting and (
            before is None
            or (
                left.tasks <= before.tasks
                and left.descriptors <= before.descriptors
                and left.children <= before.children
            )
        )
        if over or time.monotonic() > end:
            return left


async def sample(server: Server, seconds: float) -> Sample:
    """Note what a server takes up now."""
    tasks = await structured(server.guests[0], "tasks")
    waiting = await structured(server.guests[0], "waiting")
    latencies, server.latencies = server.latencies, []
    return Sample(
        seconds=seconds,
        **_taken_up(server.pid),
        tasks=int(str(tasks["count"])),
        waiting=int(str(waiting["running"])),
        latencies=latencies,
    )


class _TakenUp(TypedDict):
    memory: float
    descriptors: int
    threads: int
    children: int


def _taken_up(pid: int) -> _TakenUp:
    """Return what the system says of a process."""
    process = Path(f"/proc/{pid}")
    lines = (process / "status").read_text("utf-8").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    children = (thread.read_text() for thread in process.glob("task/*/children"))
    return {
        "memory": int(status["VmRSS"].split()[0]) / 1024,
        "descriptors": len([*(process / "fd").iterdir()]),
        "threads": int(status["Threads"]),
        "children": len(" ".join(children).split()),
    }


def _shown(records: list[Record]) -> str:
    """Say in a line how it goes."""
    parts = (f"{one.name} {one.samples[-1].memory:.1f} MiB" for one in records)
    return f"{records[0].samples[-1].seconds / 60:.1f} minutes: {', '.join(parts)}"
