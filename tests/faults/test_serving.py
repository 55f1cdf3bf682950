"""The server that the tests of faults, clients and abuse start does what they rely on."""

from pathlib import Path

import pytest
from mcp import Client

from support import checks
from support.serving import ERAS, Installed


def test_the_tools_for_tests_are_written_as_their_owner_would(
    server: Installed, type_cache: Path
) -> None:
    checks.check_style(server.project)
    checks.check_types(server.project, type_cache)


async def test_it_answers_over_stdio_and_ends_with_its_input(server: Installed, era: str) -> None:
    async with server.over_stdio(era) as wire:
        assert "result" in await wire.hello()
        result = (await wire.tool("count_words", files=["haiku.md"]))["result"]
        assert result["structuredContent"]["total_words"] == 8
        waited = (await wire.tool("wait", seconds=0))["result"]
        assert waited["structuredContent"] == {"steps": 1}
        wire.end()
        assert await wire.ended() == (0, b"")


@pytest.mark.parametrize("mode", ERAS.values())
async def test_it_answers_over_http(server: Installed, mode: str) -> None:
    async with server.over_http() as listening, Client(listening.url, mode=mode) as client:
        assert "wait" in {tool.name for tool in (await client.list_tools()).tools}
