"""Clients over HTTP that leave, say nothing, send slowly or do not read, and those beside them."""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress

import pytest

from support.exchange import (
    Answer,
    ask,
    call,
    connected,
    counted,
    descriptors,
    exchange,
    memory,
    post,
    reset,
    threads,
)
from support.renderer import Renderer
from support.serving import ERAS, PATIENCE, Installed, Listening, with_probes

if sys.platform == "linux":
    import resource

MIB = 1024 * 1024


@pytest.fixture(scope="session")
def hasty(render: Renderer, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The same server, which waits a second for its clients where others wait a minute."""
    directory = tmp_path_factory.mktemp("hasty")
    project = with_probes(render(http=True).copied_to(directory / "project"))
    module = project.package / "runtime" / "transports" / "connections.py"
    text, changed = re.subn("(?m)^CLIENT_TIMEOUT = 60", "CLIENT_TIMEOUT = 1", module.read_text())
    assert changed == 1
    module.write_text(text)
    return Installed.make(project, directory)


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so, which only asking can tell."""
    async with asyncio.timeout(PATIENCE):
        while not await done():  # noqa: ASYNC110 (it is another process)
            await asyncio.sleep(0.05)


async def until_waiting(listening: Listening, running: int) -> int:
    """Wait until so many calls of `wait` are running; return how many have been cancelled."""
    found: dict[str, int] = {}

    async def done() -> bool:
        found.update(await ask(listening, "waiting"))
        return found["running"] == running

    await until(done)
    return found["cancelled"]


async def until_descriptors(listening: Listening, count: int) -> None:
    """Wait until a server has exactly so many descriptors open."""

    async def done() -> bool:
        return descriptors(listening) == count

    await until(done)


# Clients that leave -----------------------------------------------------------


async def leave(
    listening: Listening, data: bytes, *, after: int, ready: asyncio.Barrier | None, dying: bool
) -> None:
    """Send something, read so many bytes of what comes, wait for the others, and go."""
    async with connected(listening) as (reader, writer):
        writer.write(data)
        await writer.drain()
        if after:
            await reader.readexactly(after)
        if ready:
            await ready.wait()
        if dying:
            reset(writer)


async def come_and_go(listening: Listening) -> None:
    """Let 1,000 clients come and leave, at each point where a client can."""
    for era in ERAS:
        whole = call(era, "wait", seconds=3600)
        large = call(era, "answer_large", size=300_000)
        for data, after in ((b"", 0), (whole[:50], 0), (whole[:-9], 0), (large, 1000)):
            async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
                for number in range(100):
                    dying = number % 2 == 0
                    group.create_task(leave(listening, data, after=after, ready=None, dying=dying))
        before = await until_waiting(listening, 0)
        ready = asyncio.Barrier(101)
        async with asyncio.TaskGroup() as group:
            for number in range(100):
                dying = number % 2 == 0
                group.create_task(leave(listening, whole, after=0, ready=ready, dying=dying))
            await until_waiting(listening, 100)
            await ready.wait()
        # Their handlers are cancelled, all of them.
        assert await until_waiting(listening, 0) == before + 100


@counted
@pytest.mark.parametrize("json_response", [False, True], ids=["stream", "json"])
async def test_nothing_is_left_of_a_thousand_clients_that_left(
    server: Installed, json_response: bool
) -> None:
    async with server.over_http(json_response=json_response) as listening:
        tasks = (await ask(listening, "tasks"))["count"]
        opened, threaded = descriptors(listening), threads(listening)
        await come_and_go(listening)  # What is made once and kept is made now.
        before = memory(listening)
        await come_and_go(listening)
        await until_descriptors(listening, opened)

        async def no_tasks() -> bool:
            # One that looks for the end of the server stays once there was an event stream.
            return bool((await ask(listening, "tasks"))["count"] <= tasks + 1)

        await until(no_tasks)
        assert threads(listening) == threaded
        assert memory(listening) - before < 40 * MIB
        assert b"Traceback" not in listening.log
        assert b"ERROR" not in listening.log


async def test_clients_that_send_ahead_and_leave_are_noticed(server: Installed, era: str) -> None:
    whole = call(era, "wait", {"Connection": None}, seconds=3600)
    async with server.over_http() as listening, asyncio.timeout(PATIENCE):
        for ahead in (whole, whole[:-9], whole[:50], whole * 5):
            before = (await ask(listening, "waiting"))["cancelled"]
            async with connected(listening) as (_, writer):
                writer.write(whole)
                await until_waiting(listening, 1)
                writer.write(ahead)
            assert await until_waiting(listening, 0) == before + 1
        assert b"ERROR" not in listening.log


# Clients that send slowly -----------------------------------------------------


async def drip(listening: Listening, begin: bytes, rest: bytes) -> None:
    """Send a byte at a time, for as long as the server takes it."""
    async with connected(listening) as (reader, writer):
        writer.write(begin)
        ended = asyncio.create_task(reader.read())
        for byte in rest:
            if (await asyncio.wait([ended], timeout=0.1))[0]:
                break
            writer.write(bytes([byte]))
        with suppress(ConnectionError):
            assert await ended == b""


@counted
async def test_those_that_send_slowly_or_nothing_are_not_waited_for(hasty: Installed) -> None:
    async with hasty.over_http() as listening, asyncio.timeout(PATIENCE):
        opened = descriptors(listening)
        async with asyncio.TaskGroup() as group:
            for era in ERAS:
                whole = call(era, "wait", seconds=0)
                head, end, body = whole.partition(b"\r\n\r\n")
                slowly = ((b"", b""), (b"", whole), (head + end, body), (b"", b"\r\n" * 500))
                for begin, rest in (*slowly, (head, b"")) * 10:
                    group.create_task(drip(listening, begin, rest))
            await until_descriptors(listening, opened + 100)
            # Meanwhile others are served.
            for _ in range(10):
                assert await ask(listening, "wait", seconds=0) == {"steps": 1}
        await until_descriptors(listening, opened)
        # And whoever has sent a request may wait for the answer as long as it takes.
        for era in ERAS:
            slow = await exchange(listening, call(era, "wait", seconds=2.5))
            assert slow.content == {"steps": 1}


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is a system call of Linux")
async def test_silent_clients_do_not_take_all_descriptors(server: Installed) -> None:
    async with server.over_http() as listening, asyncio.timeout(PATIENCE):
        await ask(listening, "waiting")
        assert sys.platform == "linux"
        resource.prlimit(listening.process.pid, resource.RLIMIT_NOFILE, (80, 80))
        async with AsyncExitStack() as stack:
            for _ in range(100):
                await stack.enter_async_context(connected(listening))
            assert await ask(listening, "waiting") == {"running": 0, "cancelled": 0}
            assert descriptors(listening) < 80
        assert b"Too many open files" not in listening.log


# Clients that read slowly -----------------------------------------------------


SIZE = 50_000_000


@counted
async def test_an_answer_that_nobody_reads_takes_only_its_own_memory(hasty: Installed) -> None:
    async with hasty.over_http() as listening, asyncio.timeout(2 * PATIENCE):
        await ask(listening, "waiting")
        before, opened = memory(listening), descriptors(listening)
        async with AsyncExitStack() as stack:
            for era in ERAS:
                reader, writer = await stack.enter_async_context(connected(listening))
                writer.write(call(era, "answer_large", size=SIZE))
                await reader.readuntil(b"xxx")
                # Others are answered, whatever this one does.
                assert (await ask(listening, "wait", seconds=0)) == {"steps": 1}
            # In an answer the text is there twice: as content, and in structured content. The SDK
            # has up to five copies of it at hand until all is sent.
            assert memory(listening) - before < 2 * 5 * (2 * SIZE)
            # Those that read nothing for too long are not waited for.
            await until_descriptors(listening, opened)

        async def freed() -> bool:
            # The interpreter may keep some of it for what comes next.
            return memory(listening) - before < 3 * (2 * SIZE)

        await until(freed)


async def read_slowly(listening: Listening, era: str) -> None:
    """Read a large answer, for twice as long as the server would wait if it were not read."""
    async with connected(listening) as (reader, writer):
        writer.write(call(era, "answer_large", size=10_000_000))
        data = bytearray(await reader.readuntil(b"xxx"))
        # What the systems of the two keep for them are some megabytes: it has to be more.
        for _ in range(12):
            await asyncio.sleep(0.25)
            for _ in range(12):
                data += await reader.read(100_000)
        data += await reader.read()
    assert len(Answer.parse(bytes(data)).content["text"]) == 10_000_000


async def test_who_reads_slowly_gets_all(hasty: Installed) -> None:
    async with (
        hasty.over_http() as listening,
        asyncio.timeout(PATIENCE),
        asyncio.TaskGroup() as group,
    ):
        for era in ERAS:
            group.create_task(read_slowly(listening, era))


# Many at once -----------------------------------------------------------------


async def test_two_hundred_streams_do_not_stop_other_calls(server: Installed) -> None:
    arguments = {"seconds": 4, "steps": 4}
    async with server.over_http() as listening, asyncio.timeout(2 * PATIENCE):
        async with asyncio.TaskGroup() as group:
            streams = []
            for era in ERAS:
                data = post(era, "tools/call", progress="one", name="wait", arguments=arguments)
                streams += [group.create_task(exchange(listening, data)) for _ in range(100)]
            await until_waiting(listening, 200)
            for era in ERAS:
                for _ in range(50):
                    answer = await exchange(listening, call(era, "wait", seconds=0))
                    assert answer.content == {"steps": 1}
            assert not any(stream.done() for stream in streams)
        for stream in streams:
            *reports, result = stream.result().messages
            assert [report["params"]["progress"] for report in reports] == [1, 2, 3, 4]
            assert result["result"]["structuredContent"] == {"steps": 4}
