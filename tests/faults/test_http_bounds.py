"""Clients over HTTP that nobody let in, and what all clients together may take of a server."""

import asyncio
import contextlib
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest

from support.exchange import Headers, ask, call, connected, counted, exchange, memory, post
from support.renderer import Renderer
from support.serving import CLIENT, ERAS, PATIENCE, Installed, Listening, with_probes

MIB = 1024 * 1024
OLDER = "2025-11-25"

MIDDLEWARE = """
        from starlette.responses import PlainTextResponse

        class Refusing:
            def __init__(self, app):
                self.app = app

            async def __call__(self, scope, receive, send):
                if scope["type"] == "http":
                    await PlainTextResponse("no", 401)(scope, receive, send)
                else:
                    await self.app(scope, receive, send)

        app.add_middleware(Refusing)
"""
AUTHENTICATION = """
            auth=AuthSettings(
                issuer_url="https://auth.example.org",
                resource_server_url=None,
                validate_token_resource=False,
            ),
            token_verifier=Nobody(),
"""
NOBODY = """
        from mcp.server.auth.settings import AuthSettings

        class Nobody:
            async def verify_token(self, token):
                return None

"""


@pytest.fixture(scope="module", params=["middleware", "authentication"])
def closed(
    request: pytest.FixtureRequest, render: Renderer, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """A server whose owner lets nobody in, in each of the ways that the README names."""
    directory = tmp_path_factory.mktemp("closed")
    project = with_probes(render(http=True).copied_to(directory / "project"))
    module = project.package / "__main__.py"
    text = module.read_text("utf-8")
    if request.param == "middleware":
        serve = "        await serve_http("
        edited = text.replace(serve, MIDDLEWARE + serve)
    else:
        make = "        app = http_app(\n            server,\n"
        edited = text.replace(make, f"{NOBODY}{make}{AUTHENTICATION.removeprefix('\n')}")
    assert edited != text
    module.write_text(edited, "utf-8", newline="\n")
    return Installed.make(project, directory)


VERBS = ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE")
TARGETS = (
    "/mcp",
    "/mcp/",
    "//mcp",
    "/mcp?x",
    "/%6d%63%70",
    "/./mcp",
    "/mcp;x",
    "http://localhost/mcp",
)


async def open_session(
    listening: Listening, capabilities: dict[str, Any] | None = None
) -> tuple[int, Headers]:
    """Open a session as a client of 2025-11-25; return the status, and the headers for it."""
    params: dict[str, Any] = {"protocolVersion": OLDER, "clientInfo": CLIENT}
    params["capabilities"] = capabilities or {}
    answer = await exchange(listening, post(OLDER, "initialize", **params))
    return answer.status, {"Mcp-Session-Id": answer.headers.get("mcp-session-id")}


@pytest.mark.parametrize("sessions", [0, 2])
async def test_nobody_passes_by_the_doors_of_the_owner(closed: Installed, sessions: int) -> None:
    headers: list[Headers] = [{}, {"Authorization": "Bearer guess"}, {"MCP-Protocol-Version": None}]
    async with asyncio.timeout(2 * PATIENCE), closed.over_http(sessions=sessions) as listening:
        assert (await open_session(listening))[0] == 401
        for era in ERAS:
            assert (await exchange(listening, call(era, "waiting"))).status == 401
            for verb in VERBS:
                for target in TARGETS:
                    for more in headers:
                        data = post(era, headers=more, verb=verb, target=target)
                        answer = await exchange(listening, data)
                        assert answer.status in {401, 404}, (verb, target, more)
                        assert "mcp-session-id" not in answer.headers
        assert b"Traceback" not in listening.log


@counted
async def test_requests_that_wait_take_only_so_much_memory(server: Installed, era: str) -> None:
    text = "x" * 3_700_000
    async with server.over_http() as listening, asyncio.timeout(2 * PATIENCE):
        await ask(listening, "waiting")
        before = memory(listening)
        async with AsyncExitStack() as stack:
            arguments = {"seconds": 3600}
            whole = post(era, "tools/call", name="wait", arguments=arguments, ballast=text)
            refused = 0
            for _ in range(40):
                reader, writer = await stack.enter_async_context(connected(listening))
                writer.write(whole)
                # Those that wait are not answered, or their streams of events only begin.
                with contextlib.suppress(TimeoutError):
                    try:
                        await writer.drain()
                        async with asyncio.timeout(0.2):
                            refused += b" 503 " in await reader.readline()
                    except ConnectionResetError:  # It was refused before all of it was sent.
                        refused += 1
            # 64 MiB are 18 of them.
            assert refused == 40 - 18
            assert (await ask(listening, "waiting"))["running"] == 18
            assert memory(listening, "VmHWM") - before < 8 * 64 * MIB
        while (await ask(listening, "waiting"))["running"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        assert (await exchange(listening, post(era, body=None))).status == 200


async def test_questions_that_nobody_answers_end_with_their_session(server: Installed) -> None:
    async with asyncio.timeout(PATIENCE), server.over_http(sessions=2) as listening:
        before = (await ask(listening, "tasks"))["count"]
        for _ in range(3):
            _, session = await open_session(listening, {"elicitation": {"form": {}}})
            async with AsyncExitStack() as stack:
                for number in range(20):
                    body = json.loads(
                        call(OLDER, "record_if_confirmed", text="x").partition(b"\r\n\r\n")[2]
                    )
                    data = json.dumps(body | {"id": number}).encode()
                    reader, writer = await stack.enter_async_context(connected(listening))
                    writer.write(post(OLDER, headers=session, body=data))
                    await reader.readuntil(b"elicitation/create")
                # The client leaves the questions open, and then ends its session.
            ending = post(OLDER, headers=session, body=b"", verb="DELETE")
            assert (await exchange(listening, ending)).status == 200
        while (await ask(listening, "tasks"))["count"] > before + 1:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        assert b"recorded" not in listening.log
        assert b"Traceback" not in listening.log
