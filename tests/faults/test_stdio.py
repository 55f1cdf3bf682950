"""What clients send over stdio that they should not: the server answers it and goes on."""

import asyncio
import itertools
import json
import time
from typing import Any

from mcp.types import (
    CLIENT_INFO_META_KEY,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
)

from support.serving import CLIENT, Installed, Wire, request
from support.watching import memory, needs_proc, running, until
from support.wrong_lines import MAX_REQUEST, MEBIBYTE, NO_MESSAGES


def call(request_id: object, name: str, era: str, **arguments: object) -> dict[str, Any]:
    return request(request_id, "tools/call", {"name": name, "arguments": arguments}, era)


async def check_it_goes_on(wire: Wire) -> None:
    """Check that the next message is the answer to the next request, so that none was left over."""
    expected = wire.request("tools/call", {"name": "waiting", "arguments": {}})
    answer = await wire.receive()
    assert answer["id"] == expected
    assert "structuredContent" in answer["result"]


async def test_an_answer_that_is_too_large_fails_the_question_and_not_the_call_of_its_id(
    server: Installed,
) -> None:
    async with server.over_stdio("2025-11-25") as wire:
        wire.capabilities = {"elicitation": {}}
        await wire.hello()
        params = {"name": "record_if_confirmed", "arguments": {"text": "confirmed"}}
        called = wire.request("tools/call", params)
        question = await wire.receive()
        assert question["method"] == "elicitation/create"
        content = {f"field {number}": number for number in range(3_000)}
        result = {"action": "accept", "content": content}
        wire.send({"jsonrpc": "2.0", "id": question["id"], "result": result})
        answer = await wire.receive()
        assert answer["id"] == called
        assert "error" in answer or answer["result"]["isError"]
        await check_it_goes_on(wire)
        wire.end()
        assert await wire.ended() == (0, b"")
    assert b"recorded" not in wire.log


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
        # Another thread writes it.
        await until(lambda: wire.log.count(b"refused input") >= len(NO_MESSAGES))
    assert wire.log.count(b"refused input") == len(NO_MESSAGES)
    assert b"Traceback" not in wire.log


async def test_whatever_id_a_request_may_have_comes_back(server: Installed, era: str) -> None:
    ids: list[int | str] = [0, -5, 10**30, int("9" * 1024), "", "7", "null", "\0", "x" * 1024]
    ids += ["é\u2028\U0001f438", "[]", "__proto__"]
    async with server.over_stdio(era) as wire:
        await wire.hello()
        for request_id in ids:
            wire.send(call(request_id, "waiting", era))
            answer = await wire.receive()
            assert answer["id"] == request_id
            assert type(answer["id"]) is type(request_id)
            assert "result" in answer
        for request_id in ("x" * 1025, "\U0001f438" * 257, int("9" * 1025)):
            wire.send(call(request_id, "waiting", era))
            answer = await wire.receive()
            assert (answer["id"], answer["error"]["code"]) == (None, INVALID_REQUEST)
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
    largest = 64 * MEBIBYTE
    async with server.over_stdio(era, max_request_bytes=largest) as wire:
        await wire.hello()
        before = memory(wire.process.pid)
        wire.send(b"x" * (largest + 1_000_000))
        answer = await wire.receive()
        assert answer["error"] == {
            "code": INVALID_REQUEST,
            "message": f"A line is longer than {largest} bytes",
        }
        await check_it_goes_on(wire)
        assert memory(wire.process.pid, "VmHWM") - before < 100
        answer = await wire.tool("refuse", text=text)
        assert answer["result"]["content"][0]["text"] == text
        await check_it_goes_on(wire)
        assert memory(wire.process.pid, "VmHWM") - before < 400
        assert memory(wire.process.pid) - before < 60


# What costs much ---------------------------------------------------------------


def filled(part: bytes, size: int = MAX_REQUEST - 1000) -> bytes:
    """Return a list of such parts that has about so many bytes."""
    return b"[" + b",".join([part] * (size // (len(part) + 1))) + b"]"


def table(*, rows: int) -> dict[str, bytes]:
    """Return arguments of `count_rows` with so many parts that do not fit."""
    return {
        "rows": b'{"rows": %s}' % filled(b"{}", 3 * rows),
        "by_name": json.dumps({"by_name": {str(row): {} for row in range(rows // 2)}}).encode(),
        "too many in mappings": json.dumps(
            {"by_name": {str(row): {} for row in range(rows)}}
        ).encode(),
        "numbers": b'{"numbers": %s}' % filled(b'"x"', 4 * rows),
        "mixed": b'{"mixed": %s}' % filled(b"{}", 3 * rows),
        "integers with a point": b'{"rows": [{"size": 5.0}], "none": %s}'
        % filled(b"1e308", 9 * rows),
        "names": json.dumps(dict.fromkeys(map(str, range(rows)))).encode(),
        "rows in the last": b'{"rows": [%s]}'
        % b",".join([b'{"name":"x","size":1,"price":1,"tags":[]}'] * (rows // 6) + [b"{}"]),
    }


def with_arguments(request_id: int, era: str, arguments: bytes) -> bytes:
    message = json.dumps(call(request_id, "count_rows", era)).encode()
    return message.replace(b'"arguments": {}', b'"arguments": ' + arguments)


@needs_proc
async def test_what_does_not_fit_in_many_places_stops_nobody(server: Installed, era: str) -> None:
    for what, arguments in table(rows=49_000).items():
        async with server.over_stdio(era) as wire:
            await wire.hello()
            await check_it_goes_on(wire)
            before = memory(wire.process.pid)
            wire.send(with_arguments(7, era, arguments))
            begun = time.perf_counter()
            answer = await wire.receive()
            took = time.perf_counter() - begun
            assert answer["result"]["isError"], what
            assert len(answer["result"]["content"][0]["text"]) < 2_000, what
            assert took < 1, what
            # An error takes 400 bytes, and here are up to 100,000.
            assert memory(wire.process.pid, "VmHWM") - before < 64, what


@needs_proc
async def test_requests_of_many_parts_are_refused(server: Installed, era: str) -> None:
    first = {"2025-11-25": "initialize", "2026-07-28": "subscriptions/listen"}[era]
    methods = ("tools/call", "prompts/get", "resources/read", first, "ping", "unknown")
    places = ("arguments", "inputResponses", "clientInfo", "resourceSubscriptions", "_meta")
    parts = filled(b"{}")
    few = filled(b"{}", 3 * 900)  # As many as pass: the SDK builds an error for each.
    async with server.over_stdio(era) as wire:
        await wire.hello()
        before = memory(wire.process.pid)
        for method, place in itertools.product(methods, places):
            message = request(7, method, {"name": "waiting"}, era)
            params = message["params"]
            params.setdefault(place, {})["icons"] = "HERE"
            if CLIENT_INFO_META_KEY in params.get("_meta", {}):
                params["_meta"][CLIENT_INFO_META_KEY] = CLIENT | {"icons": "HERE"}
            text = json.dumps(message).encode()
            for value, is_refused in ((parts, True), (few, False)):
                wire.send(text.replace(b'"HERE"', value, 1))
                begun = time.perf_counter()
                answer = await wire.receive()
                assert answer["id"] == 7
                assert "at most" in str(answer.get("error")) or not is_refused, (method, place)
                assert time.perf_counter() - begun < 1, (method, place)
        await check_it_goes_on(wire)
        assert memory(wire.process.pid, "VmHWM") - before < 8 * MAX_REQUEST / MEBIBYTE


async def test_a_handshake_is_small(server: Installed) -> None:
    async with server.over_stdio("2025-11-25") as wire:
        for size, is_refused in ((70_000, True), (60_000, False)):
            client = CLIENT | {"title": "x" * size}
            params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
            wire.send({"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": params})
            assert ("at most" in str(await wire.receive())) is is_refused


@needs_proc
async def test_what_waits_for_answers_is_bounded(server: Installed, era: str) -> None:
    text = "x" * 3_000_000
    async with server.over_stdio(era) as wire:
        await wire.hello()
        before = memory(wire.process.pid)
        params = {"name": "wait", "arguments": {"seconds": 3600, "text": text}}
        called = []
        for _ in range(40):
            called.append(wire.request("tools/call", params))
            await wire.outgoing.drain()
        kept = (await running(wire, 22))["running"]
        refused = [message for message in wire.messages if "error" in message]
        assert len(refused) == len(called) - kept
        assert {message["error"]["code"] for message in refused} == {INVALID_REQUEST}
        assert memory(wire.process.pid) - before < 400
        for request_id in called:
            cancel(wire, request_id)
        await running(wire, 0)
        assert "result" in await wire.tool("waiting")


async def test_a_long_progress_token_is_not_repeated(server: Installed, era: str) -> None:
    async with server.over_stdio(era) as wire:
        await wire.hello()
        for length, passes in ((1024, True), (1025, False), (4_000_000, False)):
            message = request(7, "tools/call", {"name": "wait", "arguments": {"seconds": 0}}, era)
            message["params"].setdefault("_meta", {})["progressToken"] = "x" * length
            wire.send(message)
            answer = await wire.receive()
            if passes:
                assert answer["params"]["progressToken"] == "x" * length
                answer = await wire.receive()
            assert ("result" in answer) is passes
            assert passes or answer["error"]["code"] == INVALID_REQUEST
        await check_it_goes_on(wire)


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
        absurd += [str(kept), float(kept), f" {kept}", f"0{kept}"]
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
