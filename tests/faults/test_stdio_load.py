"""Much at once over stdio: all of it is answered once, and nothing grows."""

import asyncio
from collections import Counter

import pytest

from support.serving import Installed, Wire, request
from support.watching import descriptors, memory, needs_proc, threads

MEGABYTE = 1_000_000


@needs_proc
async def test_a_thousand_calls_at_once_are_each_answered_once(server: Installed, era: str) -> None:
    async with server.over_stdio(era) as wire:
        await wire.hello()
        before = descriptors(wire.process.pid), threads(wire.process.pid)
        params = {"name": "wait", "arguments": {"seconds": 0.5, "steps": 2}}
        sent = [wire.request("tools/call", params) for _ in range(1000)]
        answers = {request_id: await wire.answer(request_id) for request_id in sent}
        assert all(
            answer["result"]["structuredContent"] == {"steps": 2} for answer in answers.values()
        )
        assert (descriptors(wire.process.pid), threads(wire.process.pid)) == before
        wire.end()
        assert await wire.ended() == (0, b"")
    assert len({message["id"] for message in wire.messages}) == len(wire.messages) == 1001


@needs_proc
async def test_after_ten_thousand_calls_the_server_is_as_it_was(server: Installed) -> None:
    async def call_tools(wire: Wire, count: int) -> tuple[int, int]:
        for number in range(count):
            answer = await wire.tool("refuse", text=str(number))
            assert answer["result"]["content"] == [{"type": "text", "text": str(number)}]
        return descriptors(wire.process.pid), threads(wire.process.pid)

    async with server.over_stdio() as wire:
        await wire.hello()
        first = await call_tools(wire, 1000)
        before = memory(wire.process.pid)
        assert await call_tools(wire, 9000) == first
        assert memory(wire.process.pid) - before < 4
        wire.end()
        assert await wire.ended() == (0, b"")
    assert [message["id"] for message in wire.messages] == list(range(1, 10_002))


async def settled(pid: int) -> float:
    """Wait until a process takes no more memory, and return the most that it had."""
    most, before = memory(pid, "VmHWM"), 0.0
    while most != before:
        # Where this is too short a while for it, the test only sees less than it could.
        await asyncio.sleep(1)
        most, before = memory(pid, "VmHWM"), most
    return most


FLOODS: dict[str, tuple[int, str, dict[str, object]]] = {
    "small answers": (5000, "refuse", {"text": "x" * 20_000}),
    "large answers": (100, "answer_large", {"size": MEGABYTE}),
}
"""How many calls, and of what. Their answers are 100 and 200 MB."""


@needs_proc
@pytest.mark.parametrize("flood", FLOODS)
async def test_a_client_that_does_not_read_fills_no_memory_and_misses_nothing(
    server: Installed, era: str, flood: str
) -> None:
    count, name, arguments = FLOODS[flood]
    # As much as this is read before anyone asks for it, and no more.
    async with server.over_stdio(era, limit=3 * MEGABYTE) as wire:
        await wire.hello()
        before = memory(wire.process.pid)
        ids = range(1000, 1000 + count)
        for request_id in ids:
            params = {"name": name, "arguments": arguments}
            wire.send(request(request_id, "tools/call", params, era))
        wire.send(b"hello")
        assert await settled(wire.process.pid) - before < 60
        answered = Counter([(await wire.receive())["id"] for _ in range(count + 1)])
        assert answered == Counter([*ids, None])
        assert "result" in await wire.tool("waiting")
        wire.end()
        assert await wire.ended() == (0, b"")
