"""Clients that others have made do whole conversations with an installed server."""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from mcp import Client

from support import downloads, foreign
from support.foreign import CLIENTS, SESSIONS, STATELESS, STDIO, Way
from support.renderer import Renderer
from support.serving import PATIENCE, Installed

ROOT = Path(__file__).resolve().parents[2]

COUNTS = {
    "counts": [{"file": "haiku.md", "lines": 2, "words": 8, "characters": 37}],
    "total_words": 8,
}


def conversation(server: Installed, tools: list[str], way: Way) -> dict[str, Any]:
    """Return what every client has to see."""
    root = server.workspace.as_uri()
    haiku = (server.workspace / "haiku.md").read_text("utf-8")
    request = "Summarise this file in at most 3 sentences. Keep to what it says."
    return {
        "revision": way.revision,
        "tools": tools,
        "resources": [f"{root}/haiku.md", f"{root}/notes/plan.txt", "workspace://summary"],
        "templates": ["file:///{+path}"],
        "prompts": ["summarise_file"],
        "call": {
            "content": [{"type": "text", "text": json.dumps(COUNTS, separators=(",", ":"))}],
            "structuredContent": COUNTS,
            "isError": False,
        },
        "invalid call": {
            "content": [{"type": "text", "text": "files: Input should be a valid array"}],
            "structuredContent": None,
            "isError": True,
        },
        "unknown tool": {"code": -32602, "message": "Unknown tool: 'no_such_tool'"},
        "progress": [[1, 3], [2, 3], [3, 3]],
        "cancellation": {
            "running before": 1,
            "running after": 0 if way.cancels else 1,
            "cancelled": 1 if way.cancels else 0,
        },
        "resource": [
            {
                "uri": "workspace://summary",
                "mimeType": "application/json",
                "text": json.dumps({"root": root, "files": 2, "bytes": 62}),
            }
        ],
        "unknown resource": {
            "code": -32602,
            "message": "Resource not found",
            "data": {"uri": "workspace://nothing"},
        },
        "prompt": [
            {
                "role": "user",
                "content": {
                    "type": "resource",
                    "resource": {
                        "uri": f"{root}/haiku.md",
                        "mimeType": "text/markdown",
                        "text": haiku,
                    },
                },
            },
            {"role": "user", "content": {"type": "text", "text": request}},
        ],
        "completion": ["haiku.md"],
    }


@pytest.mark.parametrize("name", CLIENTS)
async def test_a_client_does_a_whole_conversation(name: str, server: Installed) -> None:
    client = CLIENTS[name]
    program = client.install()
    ways = foreign.ways(client)
    async with server.over_http() as stateless, server.over_http(sessions=10) as with_sessions:
        urls = {STATELESS: stateless.url, SESSIONS: with_sessions.url}
        seen = await foreign.converse(program, server, ways, urls)
        async with Client(stateless.url) as ours:
            tools = [tool.name for tool in (await ours.list_tools()).tools]
            assert seen == {way: conversation(server, tools, way) for way in ways}
            # What a client could not cancel ends when it has gone.
            async with asyncio.timeout(PATIENCE):
                cancelled = await _cancelled(ours)
            assert cancelled == sum(way.transport == STATELESS for way in ways)
        for log in (stateless.log, with_sessions.log):
            assert all(b" INFO " in line for line in log.splitlines()), log.decode()


async def _cancelled(client: Client) -> int:
    """Return how many calls were cancelled, once none is running."""
    while True:
        counts = (await client.call_tool("waiting", {})).structured_content
        assert isinstance(counts, dict)
        if not counts["running"]:
            cancelled: int = counts["cancelled"]
            return cancelled
        await asyncio.sleep(0.02)


# The Inspector ----------------------------------------------------------------

FOUND: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "revision": ("protocolVersion", "", ("initialize",)),
    "tools": ("tools", "name", ("tools/list", "--strict")),
    "resources": ("resources", "uri", ("resources/list",)),
    "templates": ("resourceTemplates", "uriTemplate", ("resources/templates/list",)),
    "prompts": ("prompts", "name", ("prompts/list",)),
    "resource": ("contents", "", ("resources/read", "--uri", "workspace://summary")),
    "prompt": (
        *("messages", ""),
        ("prompts/get", "--prompt-name=summarise_file", "--prompt-args", "file=haiku.md"),
    ),
}
"""Steps of the conversation: where in the result is what was found, and how it is asked for."""

COUNT_WORDS = ("tools/call", "--tool-name=count_words", "--tool-args-json")


@pytest.mark.parametrize(
    "way",
    foreign.INSPECTED,
    ids=lambda way: f"{way.transport}-{way.mode}",
)
async def test_the_inspector_does_the_steps_that_it_has(
    way: Way, server: Installed, tmp_path: Path
) -> None:
    """Its command line has no completion, no cancellation, and does not show progress.

    It does not ask the server for a tool that is not in the list either.
    """

    async def inspect(*method: str) -> foreign.Done:
        return await foreign.inspect(*target, "--method", *method, mode=way.mode, home=tmp_path)

    async with server.over_http() as listening, Client(listening.url) as ours:
        target = foreign.target(server, None if way.transport == STDIO else listening.url)
        tools = [tool.name for tool in (await ours.list_tools()).tools]
        expected = conversation(server, tools, way)
        for step, (where, key, method) in FOUND.items():
            done = await inspect(*method)
            assert (done.status, done.errors) == (0, ""), step
            found = json.loads(done.output)["result"][where]
            assert ([entry[key] for entry in found] if key else found) == expected[step]
        for step, files, status in (("call", ["haiku.md"], 0), ("invalid call", "haiku.md", 5)):
            done = await inspect(*COUNT_WORDS, json.dumps({"files": files}))
            assert done.status == status
            result = json.loads(done.output)["result"]
            assert {key: result.get(key) for key in expected[step]} == expected[step]
        done = await inspect("resources/read", "--uri", "workspace://nothing")
        error = {"code": "error", "message": expected["unknown resource"]["message"]}
        assert (done.status, json.loads(done.errors)) == (1, {"error": error})


@pytest.mark.parametrize("example", ["library", "orders"])
async def test_the_inspector_finds_no_schema_that_only_some_clients_understand(
    example: str, render: Renderer, tmp_path: Path
) -> None:
    """Its strict check writes down what providers of models are known to refuse."""
    answers = yaml.safe_load((ROOT / "examples" / f"{example}.yml").read_text("utf-8"))
    project = render.again(**answers)
    command = (f"-ePYTHONPATH={project.path / 'src'}", sys.executable, "-m", project.package.name)
    done = await foreign.inspect(
        *command, "--method", "tools/list", "--strict", mode="modern", home=tmp_path
    )
    assert (done.status, done.errors) == (0, "")
    assert len(json.loads(done.output)["result"]["tools"]) == len(answers["tools"])


# The docs ---------------------------------------------------------------------


def test_the_page_tells_what_was_tried(server: Installed) -> None:
    page = (ROOT / "docs" / "clients.md").read_text("utf-8")
    assert foreign.table() in page
    assert f"Node {downloads.NODE.partition('==')[2]}" in page
    steps = re.findall(r"^\| ([a-z ]+) \|", page.partition("## The steps")[2], re.MULTILINE)
    assert steps[1:] == list(conversation(server, [], foreign.INSPECTED[0]))


# The downloads ----------------------------------------------------------------


def test_every_package_has_one_version_and_comes_from_the_public_registries() -> None:
    for requirements in (ROOT / "tests").glob("*/*.txt"):
        pins = requirements.read_text("utf-8").splitlines()
        assert [line for line in pins if not re.match(r"#|[a-z0-9-]+==[\w.]+( ; |$)", line)] == []
    locks = list((ROOT / "tests").glob("*/package-lock.json"))
    assert len(locks) == 4
    for lock in locks:
        packages = json.loads(lock.read_bytes())["packages"]
        assert all("integrity" in package for name, package in packages.items() if name)
        # Without an address, a package comes from the registry that npm is configured for.
        addresses = {package.get("resolved", "") for package in packages.values()}
        assert all(re.match(r"(https://registry\.npmjs\.org/|$)", one) for one in addresses)
