"""What clients send over stdio that they should not: the server answers it and goes on."""

import asyncio
import json
from typing import Any

from mcp.types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
)

from serving import CLIENT, Installed, Wire, request
from watching import memory, needs_proc, running

LONGEST_LINE = 64 * 1024 * 1024  # As runtime/stdio.py has it.


def call(request_id: object, name: str, era: str, **arguments: object) -> dict[str, Any]:
    return request(request_id, "tools/call", {"name": name, "arguments": arguments}, era)


async def check_it_goes_on(wire: Wire) -> None:
    """Check that the next message is the answer to the next request, so that none was left over."""
    expected = wire.request("tools/call", {"name": "waiting", "arguments": {}})
    answer = await wire.receive()
    assert answer["id"] == expected
    assert "structuredContent" in answer["result"]


REQUEST = b'{"jsonrpc": "2.0", "id": 7, "method": "tools/list"}'

NO_MESSAGES: dict[str, tuple[bytes, int, object]] = {
    "text": (b"hello", PARSE_ERROR, None),
    "HTTP": (b"GET / HTTP/1.1\r", PARSE_ERROR, None),
    "a header of the language server protocol": (b"Content-Length: 51\r", PARSE_ERROR, None),
    "cut": (REQUEST[:-1], PARSE_ERROR, None),
    "two on a line": (REQUEST + REQUEST, PARSE_ERROR, None),
    "not UTF-8": (REQUEST.replace(b"7", b'"\xff"'), PARSE_ERROR, None),
    "nothing but NUL": (bytes(100), PARSE_ERROR, None),
    "half a character": (REQUEST.replace(b"7", rb'"\ud800"'), PARSE_ERROR, None),
    "100,000 levels": (b"[" * 100_000, PARSE_ERROR, None),
    "100,000 levels, closed": (b"[" * 100_000 + b"]" * 100_000, PARSE_ERROR, None),
    "100,000 levels of arguments": (
        REQUEST[:-1] + b', "params": ' + b'{"a": ' * 100_000 + b"1" + b"}" * 100_001,
        PARSE_ERROR,
        None,
    ),
    "300 levels of arguments": (
        REQUEST[:-1] + b', "params": ' + b'{"a": ' * 300 + b"1" + b"}" * 301,
        INVALID_REQUEST,
        7,
    ),
    "a batch": (b"[" + REQUEST + b"]", INVALID_REQUEST, None),
    "an empty batch": (b"[]", INVALID_REQUEST, None),
    "a number": (b"7", INVALID_REQUEST, None),
    "null": (b"null", INVALID_REQUEST, None),
    "nothing in it": (b"{}", INVALID_REQUEST, None),
    "a mark at its beginning": (b"\xef\xbb\xbf" + REQUEST, INVALID_REQUEST, 7),
    "another version": (REQUEST.replace(b"2.0", b"1.0"), INVALID_REQUEST, 7),
    "no version": (b'{"id": 7, "method": "tools/list"}', INVALID_REQUEST, 7),
    "no method": (b'{"jsonrpc": "2.0", "id": 7}', INVALID_REQUEST, 7),
    "a method that is a number": (REQUEST.replace(b'"tools/list"', b"1"), INVALID_REQUEST, 7),
    "params that are a list": (REQUEST[:-1] + b', "params": []}', INVALID_REQUEST, 7),
    "an id of null": (REQUEST.replace(b"7", b"null"), INVALID_REQUEST, None),
    "an id of 7.0": (REQUEST.replace(b"7", b"7.0"), INVALID_REQUEST, None),
    "an id of 1e999": (REQUEST.replace(b"7", b"1e999"), INVALID_REQUEST, None),
    "an id of NaN": (REQUEST.replace(b"7", b"NaN"), INVALID_REQUEST, None),
    "an id of true": (REQUEST.replace(b"7", b"true"), INVALID_REQUEST, None),
    "an id that is a list": (REQUEST.replace(b"7", b"[7]"), INVALID_REQUEST, None),
    "an id that is an object": (REQUEST.replace(b"7", b'{"a": 7}'), INVALID_REQUEST, None),
    "an id of 10,000 digits": (REQUEST.replace(b"7", b"7" * 10_000), PARSE_ERROR, None),
    "a result of a wrong type": (
        b'{"jsonrpc": "2.0", "id": 7, "result": []}',
        INVALID_REQUEST,
        None,
    ),
}


async def test_what_is_no_message_is_refused(server: Installed, era: str) -> None:
    async with server.over_stdio(era) as wire:
        await wire.hello()
        for what, (line, code, request_id) in NO_MESSAGES.items():
            wire.send(line)
            answer = await wire.receive()
            assert answer["error"]["code"] == code, what
            assert answer["id"] == request_id, what
            assert len(json.dumps(answer)) < 200, what
            await check_it_goes_on(wire)
    assert wire.log.count(b"refused input") == len(NO_MESSAGES)
    assert b"Traceback" not in wire.log


async def test_whatever_id_a_request_may_have_comes_back(server: Installed, era: str) -> None:
    ids: list[int | str] = [0, -5, 10**30, int("9" * 4300), "", "7", "null", "\0", "x" * 1_000_000]
    ids += ["é\u2028\U0001f438", "[]", "__proto__"]
    async with server.over_stdio(era) as wire:
        await wire.hello()
        for request_id in ids:
            wire.send(call(request_id, "waiting", era))
            answer = await wire.receive()
            assert answer["id"] == request_id
            assert type(answer["id"]) is type(request_id)
            assert "result" in answer
        await check_it_goes_on(wire)


async def test_an_id_that_is_in_use_is_answered_as_often_as_it_was_used(
    server: Installed, era: str
) -> None:
    async with server.over_stdio(era) as wire:
        await wire.hello()
        for request_id in ("7", 7, "7", 7):
            wire.send(call(request_id, "wait", era, seconds=0.2))
        wire.end()
        answers = [await wire.receive() for _ in range(4)]
        assert await wire.ended() == (0, b"")
    assert all("result" in answer for answer in answers)
    assert sorted(repr(answer["id"]) for answer in answers) == ["'7'", "'7'", "7", "7"]


async def test_lines_may_end_in_many_ways_and_come_in_pieces(server: Installed, era: str) -> None:
    text = "é\u2028\u2029\x85\U0001f438"
    message = json.dumps(call("id", "refuse", era, text=text), ensure_ascii=False).encode()
    async with server.over_stdio(era) as wire:
        await wire.hello()
        for framed in (b"%s\r\n", b"\n\r\n \n%s\n\n", b" \t%s\t \n", b"\r%s\n\r\n"):
            wire.send(framed % message, end=b"")
            answer = await wire.receive()
            assert answer["result"]["content"][0]["text"] == text
        for byte in message + b"\n":
            wire.send(bytes([byte]), end=b"")
            await wire.outgoing.drain()
        assert (await wire.receive())["result"]["content"][0]["text"] == text
        wire.send(message + b"\n" + message)
        for _ in range(2):
            assert (await wire.receive())["result"]["content"][0]["text"] == text
        await check_it_goes_on(wire)


async def test_what_is_unknown_is_said_to_be_and_what_wants_no_answer_gets_none(
    server: Installed, era: str
) -> None:
    async with server.over_stdio(era) as wire:
        await wire.hello()
        for method in ("", "tools/", "Tools/list", "rpc.discover", "__init__", "x" * 100_000):
            assert (await wire.call(method))["error"]["code"] == METHOD_NOT_FOUND
        wire.notify("notifications/unknown", {"a": [1]})
        wire.notify("tools/call", {"name": "fail", "arguments": {"text": "unanswered"}})
        wire.notify("notifications/progress", {"progressToken": {}, "progress": "half"})
        wire.send({"jsonrpc": "2.0", "id": 99, "result": {}})
        wire.send({"jsonrpc": "2.0", "id": None, "error": {"code": 1, "message": "Oh."}})
        await check_it_goes_on(wire)


async def test_requests_before_the_handshake_are_refused_and_it_can_be_repeated(
    server: Installed,
) -> None:
    async with server.over_stdio("2025-11-25") as wire:
        wire.send(b"hello")
        assert (await wire.receive())["error"]["code"] == PARSE_ERROR
        wire.notify("notifications/cancelled")
        assert "result" in await wire.call("ping")
        assert (await wire.call("tools/list"))["error"]["code"] == INVALID_PARAMS
        for _ in range(2):
            hello = await wire.hello()
            assert hello["result"]["protocolVersion"] == "2025-11-25"
            await check_it_goes_on(wire)
        wire.send(request("other", "tools/list", era="2026-07-28"))
        assert (await wire.receive())["error"]["code"] == INVALID_REQUEST
        await check_it_goes_on(wire)


async def test_a_client_of_2026_07_28_has_no_handshake(server: Installed) -> None:
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": CLIENT}
    async with server.over_stdio("2026-07-28") as wire:
        await check_it_goes_on(wire)
        wire.send(request("other", "initialize", params, era="2025-11-25"))
        answer = await wire.receive()
        assert answer["error"]["code"] == UNSUPPORTED_PROTOCOL_VERSION
        assert answer["error"]["data"]["supported"] == ["2026-07-28"]
        wire.send(request("other", "tools/list", era="2025-11-25"))
        assert (await wire.receive())["error"]["code"] == INVALID_PARAMS
        await check_it_goes_on(wire)


@needs_proc
async def test_large_messages_pass_and_larger_ones_leave_no_trace(
    server: Installed, era: str
) -> None:
    text = "x" * 50_000_000
    async with server.over_stdio(era) as wire:
        await wire.hello()
        before = memory(wire.process.pid)
        wire.send(b"x" * (LONGEST_LINE + 1_000_000))
        answer = await wire.receive()
        assert answer["error"] == {
            "code": INVALID_REQUEST,
            "message": f"A line is longer than {LONGEST_LINE} bytes",
        }
        await check_it_goes_on(wire)
        assert memory(wire.process.pid, "VmHWM") - before < 100
        answer = await wire.tool("refuse", text=text)
        assert answer["result"]["content"][0]["text"] == text
        await check_it_goes_on(wire)
        assert memory(wire.process.pid, "VmHWM") - before < 400
        assert memory(wire.process.pid) - before < 60


# Cancellation -----------------------------------------------------------------


def cancel(wire: Wire, request_id: object) -> None:
    wire.notify("notifications/cancelled", {"requestId": request_id, "reason": "No reason."})


async def test_what_is_not_running_cannot_be_cancelled(server: Installed, era: str) -> None:
    async with server.over_stdio(era) as wire:
        await wire.hello()
        finished = wire.request("tools/list")
        await wire.answer(finished)
        kept = wire.request("tools/call", {"name": "wait", "arguments": {"seconds": 3600}})
        await running(wire, 1)
        absurd: list[object] = [finished, 12345, "unknown", "", None, True, 1.5, [kept], {}, -kept]
        for request_id in [*absurd, f"{kept}.0", 10**30, "x" * 100_000]:
            cancel(wire, request_id)
        wire.notify("notifications/cancelled")
        await check_it_goes_on(wire)
        await running(wire, 1)
        for _ in range(2):
            cancel(wire, kept)
        await running(wire, 0)
        cancel(wire, kept)
        await check_it_goes_on(wire)
        wire.end()
        assert await wire.ended() == (0, b"")
    assert kept not in {message.get("id") for message in wire.messages}


async def test_of_a_thousand_calls_that_are_cancelled_nothing_is_left(
    server: Installed, era: str
) -> None:
    async with server.over_stdio(era, shutdown_timeout=3600) as wire:
        await wire.hello()
        params = {"name": "wait", "arguments": {"seconds": 3600}}
        started = [wire.request("tools/call", params) for _ in range(1000)]
        await running(wire, 1000)
        for request_id in started:
            cancel(wire, request_id)
        assert (await running(wire, 0))["cancelled"] == 1000
        # Cancelled before they begin, or before they are even read by the dispatcher.
        at_once = [wire.request("tools/call", params) for _ in range(1000)]
        for request_id in at_once:
            cancel(wire, request_id)
        await running(wire, 0)
        # Nobody waits for them at the end, however long the server might.
        wire.end()
        assert await wire.ended() == (0, b"")
    answered = {message.get("id") for message in wire.messages}
    assert answered.isdisjoint([*started, *at_once])


async def test_calls_that_end_while_they_are_cancelled_are_answered_once_or_not_at_all(
    server: Installed, era: str
) -> None:
    async with server.over_stdio(era, shutdown_timeout=3600) as wire:
        await wire.hello()
        sent = []
        for number in range(300):
            seconds = number % 10 / 1000
            params = {"name": "wait", "arguments": {"seconds": seconds}}
            sent.append(wire.request("tools/call", params))
            if number >= 10:
                cancel(wire, sent[number - 10])
            await wire.outgoing.drain()
            await asyncio.sleep(0.001)
        for request_id in sent[-10:]:
            assert "result" in await wire.answer(request_id)
        assert (await running(wire, 0))["running"] == 0
        wire.end()
        assert await wire.ended() == (0, b"")
    ids = [message["id"] for message in wire.messages]
    assert len(ids) == len(set(ids))
