"""A server over HTTP that is stopped, or started anew, while clients call it."""

import asyncio
import re
import signal
import socket
import sys
from collections import Counter
from contextlib import AsyncExitStack

import httpx2
import pytest

from support.exchange import Answer, ask, call, connected, exchange
from support.serving import ERAS, PATIENCE, Installed, Listening

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="processes are not sent signals there"
)


async def until_running(listening: Listening, count: int) -> None:
    """Wait until so many calls of `wait` are running."""
    async with asyncio.timeout(PATIENCE):
        while (await ask(listening, "waiting"))["running"] != count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def ended(listening: Listening) -> int:
    """Return the exit status."""
    async with asyncio.timeout(PATIENCE):
        return await listening.process.wait()


async def check_refuses(listening: Listening) -> None:
    """New connections are refused, as soon as the server has noticed the signal."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                answer = await exchange(listening, b"GET /readyz HTTP/1.0\r\n\r\n")
            except ConnectionError:
                return
            assert answer.status in {200, 503}
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("signals", "json_response"),
    [
        ([signal.SIGTERM], False),
        ([signal.SIGINT], True),
        ([signal.SIGTERM, signal.SIGTERM], False),
    ],
    ids=["terminated", "interrupted", "terminated twice"],
)
async def test_what_was_accepted_is_answered_before_the_end(
    server: Installed, signals: list[signal.Signals], json_response: bool
) -> None:
    async with server.over_http(json_response=json_response) as listening:
        async with asyncio.TaskGroup() as group:
            calls = [
                group.create_task(exchange(listening, call(era, "wait", seconds=2)))
                for era in ERAS
                for _ in range(32)
            ]
            await until_running(listening, 64)
            for one in signals:
                listening.process.send_signal(one)
                await check_refuses(listening)
            assert not any(one.done() for one in calls)
        assert [one.result().content for one in calls] == [{"steps": 1}] * 64
        assert await ended(listening) == 0
        assert listening.log.count(b"tool wait: ok in ") == 64
        assert all(b" INFO " in line for line in listening.log.splitlines())


@pytest.mark.parametrize(
    ("impatient", "json_response"),
    [(False, False), (False, True), (True, False)],
    ids=["grace", "grace for JSON", "interrupted twice"],
)
async def test_what_takes_too_long_is_cut_off(
    server: Installed, impatient: bool, json_response: bool
) -> None:
    grace = 3600 if impatient else 1
    async with (
        server.over_http(json_response=json_response, shutdown_timeout=grace) as listening,
        AsyncExitStack() as stack,
    ):
        calls = {}
        for era in ERAS:
            calls[era] = await stack.enter_async_context(connected(listening))
            calls[era][1].write(call(era, "wait", seconds=3600))
        # Clients that do nothing do not delay the end any more than calls do.
        for half in (b"", call("2026-07-28", "wait", seconds=0)[:-9]):
            _, writer = await stack.enter_async_context(connected(listening))
            writer.write(half)
        reader, writer = await stack.enter_async_context(connected(listening))
        writer.write(call("2025-11-25", "answer_large", size=20_000_000))
        await reader.readexactly(1000)
        await until_running(listening, 2)
        listening.process.send_signal(signal.SIGINT)
        if impatient:
            await check_refuses(listening)
            listening.process.send_signal(signal.SIGINT)
        assert await ended(listening) == 0
        for era, (reader, _) in calls.items():
            data = await reader.read()
            answer = Answer.parse(data)
            if era == "2026-07-28" or json_response:
                assert answer.status == 503
            else:  # The stream of events had begun, and ends as one does, without the answer.
                assert answer.status == 200
                assert answer.messages == []
        assert b"Traceback" not in listening.log
        assert b"ASGI" not in listening.log


# Restarts ---------------------------------------------------------------------

WORKERS = 8
RESTARTS = 2
CALLS = 100  # That each of the servers answers at least.


async def work(client: httpx2.AsyncClient, url: str, worker: int, done: asyncio.Event) -> list[str]:
    """Call one tool after the other, each until it is answered; return what was sent."""
    sent: list[str] = []
    while not done.is_set():
        era = list(ERAS)[len(sent) % 2]
        text = f"{worker}-{len(sent)}"
        head, _, body = call(era, "record", text=text).partition(b"\r\n\r\n")
        lines = (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        headers = {name: value for name, value in lines if name != "Connection"}
        while True:
            try:
                response = await client.post(url, content=body, headers=headers)
            except httpx2.TransportError:
                await asyncio.sleep(0.2)  # Not accepted: there is no server at the moment.
                continue
            break
        data = response.content
        assert response.status_code == 200, data
        answer = Answer(200, dict(response.headers), data)
        assert answer.content == {"text": text}
        sent.append(text)
    return sent


async def test_a_restart_under_load_loses_nothing_and_doubles_nothing(server: Installed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/mcp"
    done = asyncio.Event()
    recorded: Counter[str] = Counter()
    async with (
        asyncio.timeout(3 * PATIENCE),
        httpx2.AsyncClient(timeout=PATIENCE) as client,
        asyncio.TaskGroup() as group,
    ):
        workers = [group.create_task(work(client, url, one, done)) for one in range(WORKERS)]
        for turn in range(RESTARTS + 1):
            async with server.over_http("--port", str(port)) as listening:
                while listening.log.count(b"recorded") < CALLS:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                if turn == RESTARTS:
                    done.set()
                    await asyncio.wait(workers)
                listening.process.send_signal(signal.SIGTERM)
                assert await ended(listening) == 0
            # What it has written to the end.
            recorded.update(re.findall(r"recorded (\S+)", listening.log.decode()))
            assert b"Traceback" not in listening.log
    sent = [text for one in workers for text in one.result()]
    assert len(sent) >= CALLS * RESTARTS
    # Each call ran exactly once: those that were not answered had not been begun.
    assert recorded == Counter(sent)
