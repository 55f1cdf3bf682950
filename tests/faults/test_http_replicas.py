"""Replicas of a server behind a proxy that sends each request to the next, and sessions."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.client import ClientRequestContext
from mcp.types import INVALID_PARAMS, ElicitRequestParams, ElicitResult

from support.exchange import Headers, ask, call, counted, exchange, memory, post
from support.renderer import Renderer
from support.serving import CLIENT, ERAS, PATIENCE, Installed, Listening, with_probes

MIB = 1024 * 1024
OLDER = "2025-11-25"
KEY = "k" * 32


@dataclass(slots=True)
class Proxy:
    """Sends each request to the next server, over a connection of its own."""

    servers: list[Listening]
    url: str = ""
    served: list[int] = field(default_factory=list)
    """Which server each request went to."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand a request on, and all that comes back."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head)
        chosen = len(self.served) % len(self.servers)
        self.served.append(chosen)
        server, to_server = await asyncio.open_connection(*self.servers[chosen].address)
        to_server.write(head[:-2] + b"Connection: close\r\n\r\n" + body)
        while data := await server.read(65536):
            writer.write(data)
        to_server.close()
        writer.close()


@asynccontextmanager
async def replicas(
    server: Installed, *each: Mapping[str, object], **settings: object
) -> AsyncIterator[Proxy]:
    """Start a server for each of some settings, and a proxy before them."""
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(server.over_http(**settings, **own)) for own in each
        ]
        proxy = Proxy(servers)
        listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        host, port = listener.sockets[0].getsockname()
        proxy.url = f"http://{host}:{port}/mcp"
        try:
            yield proxy
        finally:
            listener.close()


async def agree(
    context: ClientRequestContext,  # noqa: ARG001
    params: ElicitRequestParams,  # noqa: ARG001
) -> ElicitResult:
    return ElicitResult(action="accept", content={})


CALLS: dict[str, dict[str, Any]] = {
    "count_words": {"files": ["haiku.md"]},
    "search_files": {"query": "frog"},
    "wait": {"seconds": 0.1, "steps": 2},
    "waiting": {},
    "answer_large": {"size": 100_000},
    "record": {"text": "one"},
    "tasks": {},
}
"""Tools, with arguments that are right."""


async def test_any_replica_serves_any_request(server: Installed, era: str) -> None:
    async with asyncio.timeout(2 * PATIENCE), replicas(server, {}, {}) as proxy:
        async with Client(proxy.url, mode=ERAS[era]) as client:
            assert client.protocol_version == era
            for _ in range(3):
                tools = {tool.name for tool in (await client.list_tools()).tools}
                assert tools > CALLS.keys()
                for name, arguments in CALLS.items():
                    assert not (await client.call_tool(name, arguments)).is_error, name
                resource = await client.read_resource("workspace://summary")
                assert resource.contents
        assert min(proxy.served.count(one) for one in (0, 1)) > len(CALLS)


# Questions --------------------------------------------------------------------


async def test_a_question_of_one_replica_is_answered_to_another(server: Installed) -> None:
    async with (
        asyncio.timeout(PATIENCE),
        replicas(server, {}, {}, state_key=KEY) as proxy,
        Client(proxy.url, elicitation_callback=agree) as client,
    ):
        for text in ("one", "two"):
            proxy.served.clear()
            result = await client.call_tool("record_if_confirmed", {"text": text})
            assert result.structured_content == {"text": text}
            assert sorted(set(proxy.served)) == [0, 1]
        recorded: list[bytes] = []
        while len(recorded) < 2:  # Each server's log has a thread of its own, and may be late.
            await asyncio.sleep(0.02)
            logged = b"".join(each.log for each in proxy.servers)
            recorded = re.findall(rb"recorded (\w+)", logged)
        assert sorted(recorded) == [b"one", b"two"]


async def test_state_is_read_by_replicas_with_the_same_key_alone(server: Installed) -> None:
    def again(state: str | None) -> bytes:
        params: dict[str, Any] = {"name": "remember", "arguments": {"text": "the way home"}}
        if state is not None:
            params["requestState"] = state
        return post("2026-07-28", "tools/call", **params)

    own = [{"state_key": key} for key in (KEY, KEY, KEY.upper())]
    async with asyncio.timeout(PATIENCE), replicas(server, *own) as proxy:
        first, same, other = proxy.servers
        (asked,) = (await exchange(first, again(None))).messages
        state = asked["result"]["requestState"]
        assert "home" not in state
        assert (await exchange(same, again(state))).content == {"text": "the way home"}
        for replica, wrong in ((other, state), (same, state + "x")):
            (refused,) = (await exchange(replica, again(wrong))).messages
            assert refused["error"]["code"] == INVALID_PARAMS
            assert refused["error"]["message"] == "Invalid or expired requestState"


# Sessions ---------------------------------------------------------------------


async def open_session(listening: Listening) -> tuple[int, Headers]:
    """Open a session as a client of 2025-11-25; return the status, and the headers for it."""
    params: dict[str, Any] = {"protocolVersion": OLDER, "capabilities": {}, "clientInfo": CLIENT}
    answer = await exchange(listening, post(OLDER, "initialize", **params))
    return answer.status, {"Mcp-Session-Id": answer.headers.get("mcp-session-id")}


async def test_a_session_is_unknown_to_other_replicas(server: Installed) -> None:
    async with asyncio.timeout(PATIENCE), replicas(server, {}, {}, sessions=9) as proxy:
        first, second = proxy.servers
        _, session = await open_session(first)
        assert (await exchange(first, post(OLDER, headers=session))).status == 200
        # This is what tells a client to begin anew, and it can.
        lost = await exchange(second, post(OLDER, headers=session))
        assert lost.status == 404
        assert lost.messages[0]["error"]["message"] == "Session not found"
        status, session = await open_session(second)
        assert status == 200
        assert (await exchange(second, post(OLDER, headers=session))).status == 200
        # The SDK's client says so to its user.
        async with Client(proxy.url, mode="legacy") as client:
            if len(proxy.served) % 2 == 0:
                proxy.served.append(0)  # The first is where its session is.
            with pytest.raises(MCPError, match="Session not found"):
                await client.list_tools()
        # Newer clients have none, and do not care who else there is.
        proxy.served.clear()
        async with Client(proxy.url, mode="auto") as client:
            for _ in range(4):
                await client.list_tools()
        assert {0, 1} == set(proxy.served)


@counted
async def test_a_flood_of_sessions_is_refused(server: Installed) -> None:
    async with asyncio.timeout(2 * PATIENCE), server.over_http(sessions=8) as listening:
        opened = [await open_session(listening) for _ in range(8)]
        assert {status for status, _ in opened} == {200}
        before = memory(listening)
        limit = asyncio.Semaphore(50)

        async def attempt() -> int:
            async with limit:
                return (await open_session(listening))[0]

        async with asyncio.TaskGroup() as group:
            attempts = [group.create_task(attempt()) for _ in range(1000)]
        assert {one.result() for one in attempts} == {503}
        assert memory(listening) - before < 20 * MIB
        # Those that have one keep it, and newer clients need none.
        for _, session in opened:
            assert (await exchange(listening, call(OLDER, "waiting", session))).status == 200
        assert await ask(listening, "waiting") == {"running": 0, "cancelled": 0}
        # One that ends makes room for one.
        ending = post(OLDER, headers=opened[0][1], body=b"", verb="DELETE")
        assert (await exchange(listening, ending)).status == 200
        assert [(await open_session(listening))[0] for _ in range(2)] == [200, 503]


async def test_ids_of_sessions_cannot_be_guessed(server: Installed) -> None:
    async with asyncio.timeout(PATIENCE), server.over_http(sessions=99) as listening:
        ids = [str((await open_session(listening))[1]["Mcp-Session-Id"]) for _ in range(50)]
        # 122 bits of each are random: no two have more in common than chance gives them.
        assert len(set(ids)) == 50
        assert all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)
        assert len({one[:8] for one in ids}) == len({one[-8:] for one in ids}) == 50
        good = ids[0]
        for wrong in (good[:-1], good.upper(), good + "0", "0" * 32, "", "../x", "a" * 60_000):
            for verb in ("POST", "GET", "DELETE"):
                body = b"" if verb != "POST" else None
                headers: Headers = {"Mcp-Session-Id": wrong}
                answer = await exchange(
                    listening, post(OLDER, headers=headers, body=body, verb=verb)
                )
                assert answer.status in {400, 404}, (wrong[:40], verb)
        assert (await exchange(listening, call(OLDER, "waiting", {"Mcp-Session-Id": good}))).content


async def test_sessions_do_not_get_the_answers_of_others(server: Installed) -> None:
    async with asyncio.timeout(PATIENCE), server.over_http(sessions=20) as listening:
        sessions = [(await open_session(listening))[1] for _ in range(20)]
        async with asyncio.TaskGroup() as group:
            # All with the same request id.
            calls = [
                group.create_task(exchange(listening, call(OLDER, "record", one, text=str(number))))
                for number, one in enumerate(sessions)
            ]
        assert [one.result().content["text"] for one in calls] == [str(n) for n in range(20)]


@pytest.fixture(scope="session")
def forgetful(render: Renderer, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The same server, whose sessions end after a second where others wait ten minutes."""
    directory = tmp_path_factory.mktemp("forgetful")
    project = with_probes(render(http=True).copied_to(directory / "project"))
    module = project.package / "runtime" / "transports" / "http.py"
    text = module.read_text()
    assert text.count("SESSION_IDLE_TIMEOUT = 600") == 1
    module.write_text(text.replace("SESSION_IDLE_TIMEOUT = 600", "SESSION_IDLE_TIMEOUT = 1"))
    return Installed.make(project, directory)


async def test_sessions_that_nobody_uses_make_room(forgetful: Installed) -> None:
    async with asyncio.timeout(PATIENCE), forgetful.over_http(sessions=2) as listening:
        _, used = await open_session(listening)
        _, idle = await open_session(listening)
        slow = asyncio.create_task(exchange(listening, call(OLDER, "wait", used, seconds=3)))
        while (await open_session(listening))[0] == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        assert not slow.done()
        assert (await exchange(listening, post(OLDER, headers=idle))).status == 404
        # A call that takes long is no idling.
        assert (await slow).content == {"steps": 1}
        assert (await exchange(listening, post(OLDER, headers=used))).status == 200
