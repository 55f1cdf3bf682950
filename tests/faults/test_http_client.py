"""What a server that calls others does where their URLs come from a model, and where they fail."""

import asyncio
import socket
import struct
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote, unquote

import pytest

from support.renderer import Renderer
from support.serving import Installed, Wire
from support.urls import INSIDE_HOSTS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.0/8 is all local there")

REDIRECTING = "127.0.0.77"
AT_ONCE = 50  # The tool takes no more.


@pytest.fixture(scope="module")
def calling(render: Renderer, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    directory = tmp_path_factory.mktemp("calling")
    return Installed.make(render(http_client=True).copied_to(directory / "project"), directory)


class Remote:
    """A server that notes the paths it is asked for, and answers what the path says."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
            self.paths.append(path)
            await self.answer(path.removeprefix("/"), reader, writer)
        writer.close()

    async def answer(
        self, kind: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = "HTTP/1.1 {}\r\nContent-Length: 0\r\nConnection: close\r\n{}\r\n"
        if kind.startswith("to="):
            location = f"Location: {unquote(kind[3:])}\r\n"
            writer.write(head.format("302 Found", location).encode())
        elif kind == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        elif kind == "silent":
            await reader.read()
        elif kind == "noise":
            writer.write(b"220 mail ready\r\n\r\n")
        elif kind == "large":
            writer.write(b"HTTP/1.1 200 OK\r\n")
            while not writer.is_closing():
                writer.write(b"X-More: " + b"x" * 60_000 + b"\r\n")
                await writer.drain()
        elif kind != "end":
            writer.write(head.format(f"{kind} X", "").encode())


@asynccontextmanager
async def listening(remote: Remote, host: str = "127.0.0.1") -> AsyncIterator[int]:
    server = await asyncio.start_server(remote.serve, host, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        server.abort_clients()


async def problems_of(wire: Wire, urls: Sequence[str]) -> dict[str, str | None]:
    """Return the problem of each URL, as the tool tells it."""
    found: dict[str, str | None] = {}
    for start in range(0, len(urls), AT_ONCE):
        answer = await wire.tool("check_links", urls=list(urls[start : start + AT_ONCE]))
        links = answer["result"]["structuredContent"]["links"]
        found |= {link["url"]: link["problem"] or str(link["status"]) for link in links}
    return found


async def test_no_url_of_a_model_leads_inside(calling: Installed, era: str) -> None:
    inside, redirecting = Remote(), Remote()
    async with (
        listening(inside) as port,
        listening(redirecting, REDIRECTING) as other,
        calling.over_stdio(
            era, http_client_allowed_networks=f"{REDIRECTING}/32", tool_timeout=60
        ) as wire,
    ):
        await wire.hello()
        direct = [f"http://{host}:{port}/" for host in INSIDE_HOSTS]
        # What is no ASCII has no place in a header.
        led = [quote(url, safe="") for url in direct if url.isascii()]
        urls = [*direct, *(f"http://{REDIRECTING}:{other}/to={url}" for url in led)]
        problems = await problems_of(wire, urls)
        assert problems.keys() == set(urls)
        for url, problem in problems.items():
            words = ("is refused", "is unknown", "not valid", "did not answer in time")
            assert any(word in str(problem) for word in words), (url, problem)
        assert inside.paths == []
        assert len(redirecting.paths) == len(led)
        wire.end()
        assert await wire.ended() == (0, b"")
        assert b"incident" not in wire.log


async def test_a_server_that_fails_is_a_result_and_no_incident(
    calling: Installed, era: str
) -> None:
    expected = {
        "reset": "broke the connection off",
        "end": "incomplete or not valid HTTP",
        "noise": "incomplete or not valid HTTP",
        "large": "incomplete or not valid HTTP",
        "silent": "did not answer in time",
        "to=%2Fto%3D": "redirects too often",
        "to=ftp%3A%2F%2F127.0.0.1": "only http and https URLs are served",
        "503": "503",
        "404": "404",
    }
    remote = Remote()
    async with (
        listening(remote) as port,
        calling.over_stdio(
            era, http_client_allowed_networks="127.0.0.1/32", http_client_timeout=2
        ) as wire,
    ):
        await wire.hello()
        base = f"http://127.0.0.1:{port}/"
        problems = await problems_of(wire, [f"{base}{kind}" for kind in expected])
        for kind, text in expected.items():
            assert text in str(problems[f"{base}{kind}"]), (kind, problems)
        assert remote.paths.count("/503") == remote.paths.count("/reset") == 3
        assert remote.paths.count("/404") == remote.paths.count("/silent") == 1
        wire.end()
        assert await wire.ended() == (0, b"")
        assert b"incident" not in wire.log
