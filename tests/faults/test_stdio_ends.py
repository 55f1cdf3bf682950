"""How a conversation over stdio ends: at any moment, by either side; nothing is left running."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from mcp.types import CONNECTION_CLOSED, PARSE_ERROR

from support.serving import PATIENCE, Installed, Wire, request
from support.watching import end_of, first_child, needs_proc, running

MANY = 64
FOREVER = 3600


def calls(wire: Wire, seconds: float) -> list[int]:
    params = {"name": "wait", "arguments": {"seconds": seconds}}
    return [wire.request("tools/call", params) for _ in range(MANY)]


async def asked(wire: Wire) -> int:
    """Let a tool ask the user, and return the id of its call."""
    wire.capabilities = {"elicitation": {}}
    await wire.hello()
    params = {"name": "record_if_confirmed", "arguments": {"text": "confirmed"}}
    called = wire.request("tools/call", params)
    assert (await wire.receive())["method"] == "elicitation/create"
    return called


def check_answers(wire: Wire, rest: bytes, *called: int) -> list[int]:
    """Check that nothing was answered twice, and return which of these calls were not answered."""
    messages = wire.messages + [json.loads(line) for line in rest.splitlines()]
    ids = [message["id"] for message in messages if "method" not in message]
    assert len(ids) == len(set(ids))
    return sorted({*called} - {*ids})


# The client ends it -----------------------------------------------------------


async def test_the_end_of_input_is_an_end_before_and_after_the_handshake(
    server: Installed, era: str
) -> None:
    async with server.over_stdio(era) as silent, server.over_stdio(era) as polite:
        silent.end()
        await polite.hello()
        polite.end()
        assert await silent.ended() == (0, b"")
        assert await polite.ended() == (0, b"")


async def test_the_end_of_input_within_a_line_leaves_it_refused(
    server: Installed, era: str
) -> None:
    async with server.over_stdio(era) as wire:
        await wire.hello()
        wire.send(json.dumps(request(7, "tools/list", era=era))[:-1].encode(), end=b"")
        wire.end()
        refused = await wire.receive()
        assert (refused["id"], refused["error"]["code"]) == (None, PARSE_ERROR)
        assert await wire.ended() == (0, b"")


async def test_the_end_of_input_lets_calls_in_flight_be_answered(
    server: Installed, era: str
) -> None:
    async with server.over_stdio(era) as wire:
        await wire.hello()
        called = calls(wire, 0.5)
        wire.end()
        for request_id in called:
            assert "result" in await wire.answer(request_id)
        status, rest = await wire.ended()
    assert (status, rest, check_answers(wire, rest, *called)) == (0, b"", [])


async def test_the_end_of_input_waits_for_no_call_that_is_cancelled(
    server: Installed, era: str
) -> None:
    async with server.over_stdio(era, shutdown_timeout=FOREVER) as wire:
        await wire.hello()
        called = calls(wire, FOREVER)
        last = wire.request("tools/list")
        for request_id in called:
            wire.notify("notifications/cancelled", {"requestId": request_id})
        wire.end()
        assert "result" in await wire.answer(last)
        status, rest = await wire.ended()
    assert (status, rest, check_answers(wire, rest, *called)) == (0, b"", called)


async def test_the_end_of_input_is_the_answer_to_all_questions(server: Installed) -> None:
    async with server.over_stdio("2025-11-25", shutdown_timeout=FOREVER) as wire:
        called = await asked(wire)
        wire.end()
        answer = await wire.answer(called)
        assert answer["result"]["isError"]
        assert "could not be asked" in answer["result"]["content"][0]["text"]
        assert await wire.ended() == (0, b"")
    assert b"recorded" not in wire.log


@needs_proc
async def test_when_the_time_for_the_last_answers_is_over_all_that_runs_is_stopped(
    server: Installed, era: str
) -> None:
    async with server.over_stdio(era, shutdown_timeout=0.2) as wire:
        await wire.hello()
        params = {"name": "run_child", "arguments": {"seconds": FOREVER}}
        called = [*calls(wire, FOREVER), wire.request("tools/call", params)]
        child = await first_child(wire.process.pid)
        wire.end()
        for request_id in called:
            assert (await wire.answer(request_id))["error"]["code"] == CONNECTION_CLOSED
        assert await wire.ended() == (0, b"")
        await end_of(child)


# The client disappears --------------------------------------------------------

CLIENT = """
import subprocess, sys
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
server.stdin.write(sys.stdin.buffer.read())
server.stdin.flush()
print(server.pid, flush=True)
for line in server.stdout:
    pass
"""


def conversation(era: str, *tools: str) -> bytes:
    """Return what a client sends that greets the server and calls tools that take forever."""
    greeting = {"capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    method = "server/discover" if era == "2026-07-28" else "initialize"
    messages = [request(1, method, greeting | {"protocolVersion": era}, era)]
    for number, name in enumerate(tools, start=2):
        params = {"name": name, "arguments": {"seconds": FOREVER}}
        messages.append(request(number, "tools/call", params, era))
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


@needs_proc
async def test_the_server_of_a_client_that_is_killed_ends_with_all_it_has_started(
    server: Installed, era: str
) -> None:
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CLIENT, server.command),
        env=server.environment(shutdown_timeout=FOREVER),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert client.stdin
        assert client.stdout
        client.stdin.write(conversation(era, *["wait"] * (MANY - 1), "run_child"))
        client.stdin.write_eof()
        pid = int(await client.stdout.readline())
        child = await first_child(pid)
    finally:
        client.kill()
    await client.wait()
    await end_of(pid, child)


@needs_proc
@pytest.mark.parametrize("tools", [[], ["wait", "run_child"]], ids=["idle", "busy"])
async def test_the_server_ends_when_its_client_only_listens_no_more(
    server: Installed, tools: list[str]
) -> None:
    answers, stdout = os.pipe()
    process = await asyncio.create_subprocess_exec(
        server.command,
        env=server.environment(shutdown_timeout=FOREVER),
        stdin=asyncio.subprocess.PIPE,
        stdout=stdout,
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(stdout)
    try:
        assert process.stdin
        process.stdin.write(conversation("2026-07-28", *tools))
        assert b"serverInfo" in await asyncio.to_thread(os.read, answers, 65536)
        started = [await first_child(process.pid)] if tools else []
        os.close(answers)
        await end_of(process.pid, *started)
        assert await process.wait() == 0
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


# A signal ends it -------------------------------------------------------------


async def silent(wire: Wire) -> list[int]:
    """Wait until it runs, and say nothing."""
    wire.send(b"hello")
    await wire.receive()
    return []


async def greeted(wire: Wire) -> list[int]:
    await wire.hello()
    return []


async def within_a_line(wire: Wire) -> list[int]:
    await wire.hello()
    wire.send(b'{"jsonrpc": "2.0", "id": 7, "method": "tools', end=b"")
    return []


async def busy(wire: Wire) -> list[int]:
    await wire.hello()
    called = calls(wire, FOREVER)
    await running(wire, MANY)
    params = {"name": "run_child", "arguments": {"seconds": FOREVER}}
    return [*called, wire.request("tools/call", params)]


async def ending(wire: Wire) -> list[int]:
    """Wait for the last answers."""
    called = await busy(wire)
    await first_child(wire.process.pid)
    wire.end()
    return called


async def asking(wire: Wire) -> list[int]:
    return [await asked(wire)]


async def cancelling(wire: Wire) -> list[int]:
    called = await busy(wire)
    for request_id in called[::2]:
        wire.notify("notifications/cancelled", {"requestId": request_id})
    return called


MOMENTS: list[Callable[[Wire], Awaitable[list[int]]]] = [
    silent, greeted, within_a_line, busy, ending, asking, cancelling,
]  # fmt: skip


@needs_proc
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
async def test_a_signal_ends_it_at_any_moment(
    server: Installed, moment: Callable[[Wire], Awaitable[list[int]]]
) -> None:
    async with asyncio.TaskGroup() as group:
        for number in (signal.SIGTERM, signal.SIGINT):
            group.create_task(check_signal(server, moment, number))


async def check_signal(
    server: Installed, moment: Callable[[Wire], Awaitable[list[int]]], number: signal.Signals
) -> None:
    async with server.over_stdio("2025-11-25", shutdown_timeout=FOREVER) as wire:
        called = await moment(wire)
        started = [await first_child(wire.process.pid)] if moment in {busy, ending} else []
        wire.process.send_signal(number)
        status, rest = await wire.ended()
        await end_of(*started)
    assert status == 0, wire.log.decode()
    check_answers(wire, rest, *called)
    assert b"Traceback" not in wire.log


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_a_signal_ends_it_though_nobody_reads_its_answers(
    server: Installed, number: signal.Signals
) -> None:
    async with server.over_stdio("2025-11-25", limit=65536, shutdown_timeout=FOREVER) as wire:
        await wire.hello()
        wire.request("tools/call", {"name": "answer_large", "arguments": {"size": 30_000_000}})
        params = {"name": "run_child", "arguments": {"seconds": FOREVER}}
        wire.request("tools/call", params)
        child = await first_child(wire.process.pid)
        wire.process.send_signal(number)
        await end_of(wire.process.pid, child)
        status, rest = await wire.ended()
    assert status == 0
    assert len(rest) < 1_000_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_a_signal_before_it_serves_ends_it_like_any_process(
    server: Installed, number: signal.Signals
) -> None:
    async with server.over_stdio() as wire:
        wire.process.send_signal(number)
        ending = asyncio.create_task(wire.ended())
        # Now and then a package takes the interrupt of its import for an error, and goes on.
        if not (await asyncio.wait([ending], timeout=PATIENCE / 3))[0]:
            wire.process.send_signal(number)
        status, rest = await ending
    # While Python itself starts, its status is 1 for a KeyboardInterrupt.
    assert (status, rest) in {(0, b""), (-number, b""), (1, b"")}
