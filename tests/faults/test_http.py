"""Requests over HTTP that are wrong, contradict themselves or do not end, sent to a real server."""

import asyncio
import contextlib
import json

import pytest

from support.exchange import Answer, Headers, ask, call, connected, counted, exchange, memory, post
from support.serving import PATIENCE, Installed, Listening, request
from support.wrong_requests import HOSTS, MAX_BODY_BYTES, MIB, ORIGINS, wrong_requests


async def check_unharmed(listening: Listening) -> None:
    """After whatever it got, the server answers, and has logged nothing that looks like a fault."""
    assert await ask(listening, "waiting") == {"running": 0, "cancelled": 0}
    assert b"Traceback" not in listening.log


def check_discreet(answer: Answer, what: str) -> None:
    """No answer tells what the server is made of."""
    for telling in (b"Traceback", b'File "', b"/site-packages/", b"Exception"):
        assert telling not in answer.body, what


async def test_only_known_hosts_and_origins_are_served(server: Installed, era: str) -> None:
    async with server.over_http() as listening:
        for name, values in {"Host": HOSTS, "Origin": ORIGINS}.items():
            for value, status in values.items():
                answer = await exchange(listening, post(era, headers={name: value}))
                assert answer.status == status, f"{name}: {value}"
            good, *_ = values
            for twice in (good, good), (good, "attacker.example"), ("attacker.example", good):
                answer = await exchange(listening, post(era, headers={name: twice}))
                assert answer.status == 400, f"{name}: {twice}"
        assert (await exchange(listening, post(era, headers={"Host": None}))).status == 421
        # A target with a host in it is for proxies; the header decides here.
        for target, host, status in (
            ("http://attacker.example/mcp", "localhost", 200),
            ("http://localhost/mcp", "attacker.example", 421),
        ):
            answer = await exchange(listening, post(era, headers={"Host": host}, target=target))
            assert answer.status == status
        await check_unharmed(listening)


async def test_other_methods_are_not_allowed(server: Installed, era: str) -> None:
    async with server.over_http() as listening:
        for verb in ("GET", "DELETE", "PUT", "HEAD", "OPTIONS", "PATCH", "TRACE"):
            answer = await exchange(listening, post(era, body=b"", verb=verb))
            assert answer.status == 405, verb
            assert "POST" in answer.headers["allow"]
        # No page of another origin may read answers or send what needs to be asked for before.
        for origin in ("http://localhost:5173", "https://attacker.example"):
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            answer = await exchange(listening, post(era, headers=asked, body=b"", verb="OPTIONS"))
            assert answer.status in {403, 405}
            assert not [name for name in answer.headers if name.startswith("access-control")]
        await check_unharmed(listening)


async def test_wrong_requests_are_refused(server: Installed, era: str) -> None:
    async with server.over_http() as listening:
        for what, (status, data) in wrong_requests(era).items():
            answer = await exchange(listening, data)
            assert answer.status == status, what
            check_discreet(answer, what)
        await check_unharmed(listening)


async def test_headers_that_contradict_the_body_are_refused(server: Installed) -> None:
    era = "2026-07-28"
    contradictions: list[Headers] = [
        {"Mcp-Method": "tools/list"},
        {"Mcp-Method": None},
        {"Mcp-Method": ("tools/call", "tools/call")},
        {"Mcp-Name": "record"},
        {"Mcp-Name": None},
        {"Mcp-Name": ("waiting", "record")},
        {"MCP-Protocol-Version": (era, "2025-11-25")},
        {"MCP-Protocol-Version": "2027-01-01"},
    ]
    async with server.over_http() as listening:
        for headers in contradictions:
            answer = await exchange(listening, call(era, "waiting", headers))
            assert answer.status == 400, headers
            assert answer.messages[0]["error"]["code"] == -32020, headers
        await check_unharmed(listening)


async def test_deep_arguments_are_an_answer_like_any_other(server: Installed, era: str) -> None:
    async with server.over_http() as listening:
        for depth in (50, 150, 500, 900, 5_000):
            deep = b'{"x":' * depth + b"1" + b"}" * depth
            body = json.dumps(
                request(1, "tools/call", {"name": "record", "arguments": {"text": "DEEP"}}, era)
            ).encode()
            headers: Headers = {"Mcp-Method": "tools/call", "Mcp-Name": "record"}
            body = body.replace(b'"DEEP"', deep)
            answer = await exchange(listening, post(era, headers=headers, body=body))
            check_discreet(answer, f"{depth}")
            (message,) = answer.messages
            assert "error" in message or message["result"]["isError"], depth
        await check_unharmed(listening)


# Too much ---------------------------------------------------------------------


IN_CHUNKS: Headers = {
    "Connection": None,
    "Content-Length": None,
    "Transfer-Encoding": "chunked",
}


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def flood(listening: Listening, begin: bytes, more: bytes, most: int) -> int:
    """Send without an end, and return how much it was until the server would not take more."""
    sent = 0
    async with connected(listening) as (_, writer):
        with contextlib.suppress(ConnectionError):
            writer.write(begin)
            while sent < most:
                writer.write(more)
                await writer.drain()
                sent += len(more)
    return sent


async def status_of(listening: Listening, data: bytes) -> int:
    """Return the status of the answer, over a connection that is not closed before all is sent."""
    async with asyncio.timeout(PATIENCE), connected(listening) as (reader, writer):
        writer.write(data)
        return int((await reader.readline()).split()[1])


async def test_bodies_of_four_megabytes_are_the_largest(server: Installed, era: str) -> None:
    good = json.dumps(request(1, "tools/list", {}, era)).encode()
    async with server.over_http() as listening:
        for size, status in ((MAX_BODY_BYTES, 200), (MAX_BODY_BYTES + 1, 413)):
            body = good.ljust(size)
            whole = post(era, headers={"Connection": None}, body=body)
            assert await status_of(listening, whole) == status
            for length in (MIB, 32):
                chunks = b"".join(chunk(body[at : at + length]) for at in range(0, size, length))
                chunked = post(era, headers=IN_CHUNKS, body=chunks + chunk(b""))
                assert await status_of(listening, chunked) == status
        # A length is believed, so nothing of such a body has to be sent.
        claim: Headers = {"Content-Length": str(10**12), "Expect": "100-continue"}
        assert await status_of(listening, post(era, headers=claim, body=b"")) == 413
        await check_unharmed(listening)


@counted
@pytest.mark.parametrize("part", ["target", "header", "headers", "body", "trailers", "chunks"])
async def test_what_does_not_end_does_not_fill_the_memory(server: Installed, part: str) -> None:
    begun = post("2025-11-25", headers=IN_CHUNKS, body=b"")
    begin, more = {
        "target": (b"POST /", b"x" * MIB),
        "header": (b"POST /mcp HTTP/1.1\r\nX: ", b"x" * MIB),
        "headers": (b"POST /mcp HTTP/1.1\r\n", b"X: y\r\n" * 100_000),
        "body": (begun, chunk(b" " * MIB)),
        "trailers": (begun + b"0\r\n", b"X: y\r\n" * 100_000),
        "chunks": (begun, b"1\r\nx\r\n" * 100_000),
    }[part]
    async with server.over_http() as listening, asyncio.timeout(PATIENCE):
        await ask(listening, "waiting")
        before = memory(listening)
        async with asyncio.TaskGroup() as group:
            floods = [group.create_task(flood(listening, begin, more, 48 * MIB)) for _ in range(4)]
        sent = sum(each.result() for each in floods)
        grown = memory(listening, "VmHWM") - before
        # A body is read on after it was refused, and what is read is dropped at once.
        assert sent < 4 * 48 * MIB or part == "body"
        assert grown < 4 * 3 * MAX_BODY_BYTES, f"{grown} bytes for {sent}"
        await check_unharmed(listening)
