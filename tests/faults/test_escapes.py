"""Nothing outside the served directory is read, listed or betrayed, whatever a client writes."""

import asyncio
import os
import shutil
import socket
import stat
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.escapes import FILE, SECRET, names, uris
from support.serving import Installed, Wire

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="what links and pipes do on POSIX")

AT_ONCE = 100
INSIDE = ["haiku.md", "notes/plan.txt"]


async def answers(
    wire: Wire, method: str, each: Iterable[Mapping[str, Any]]
) -> AsyncIterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Send requests, many at once, and yield the parameters of each with its answer."""
    waiting: list[tuple[Mapping[str, Any], int]] = []
    for params in each:
        waiting.append((params, wire.request(method, params)))
        if len(waiting) == AT_ONCE:
            for sent, identity in waiting:
                yield sent, await wire.answer(identity)
            waiting.clear()
    for sent, identity in waiting:
        yield sent, await wire.answer(identity)
    wire.messages.clear()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A directory to serve, with secrets around it."""
    root = tmp_path.resolve() / "workspace"
    (root / "notes").mkdir(parents=True)
    (root / "haiku.md").write_text("An old silent pond")
    (root / "notes" / "plan.txt").write_text("Feed the frog.")
    (root / ".hidden").write_text(SECRET)
    (root.parent / FILE).write_text(SECRET)
    (root.parent / "workspace-2").mkdir()
    (root.parent / "workspace-2" / FILE).write_text(SECRET)
    return root


@pytest.fixture
def serving(server: Installed, workspace: Path) -> Installed:
    return replace(server, workspace=workspace)


@asynccontextmanager
async def open_wire(serving: Installed, era: str = "2026-07-28") -> AsyncIterator[Wire]:
    """Start the server; in the end nothing it has ever sent held the secret."""
    async with serving.over_stdio(era) as wire:
        await wire.hello()
        yield wire
        wire.end()
        assert await wire.ended() == (0, b"")
        assert b"incident" not in wire.log


# Names ------------------------------------------------------------------------------------------


async def test_no_uri_leads_out(serving: Installed, workspace: Path, era: str) -> None:
    attempts = list(dict.fromkeys(uris(workspace, workspace.parent / FILE)))
    assert len(attempts) > 3000
    async with open_wire(serving, era) as wire:
        async for params, answer in answers(
            wire, "resources/read", ({"uri": uri} for uri in attempts)
        ):
            expected = {"code": -32602, "message": "Resource not found", "data": params}
            assert answer.get("error") == expected


def the_same(text: str, name: str) -> bool:
    """Return whether an answer is that for any name which is unknown."""
    shown = "".join(one if one.isprintable() else repr(one)[1:-1] for one in name)
    cut = shown if len(shown) <= 100 else f"{shown[:100]}…"
    return text == f"{cut}: no such file"


async def test_no_name_leads_out(serving: Installed, workspace: Path) -> None:
    attempts = list(dict.fromkeys(names(workspace.parent / FILE)))
    assert len(attempts) > 1500
    async with open_wire(serving) as wire:
        calls = ({"name": "count_words", "arguments": {"files": [name]}} for name in attempts)
        async for params, answer in answers(wire, "tools/call", calls):
            result = answer["result"]
            assert result["isError"]
            (name,) = params["arguments"]["files"]
            text = result["content"][0]["text"]
            assert the_same(text, name), f"{text!r} for {name!r}"
        prompts = ({"name": "summarise_file", "arguments": {"file": name}} for name in attempts)
        async for _, answer in answers(wire, "prompts/get", prompts):
            assert answer["error"] == {"code": -32602, "message": "file: no such file"}
        reference = {"type": "ref/prompt", "name": "summarise_file"}
        typed = (
            {"ref": reference, "argument": {"name": "file", "value": name}}
            for name in attempts
            if name  # All begin with nothing.
        )
        async for params, answer in answers(wire, "completion/complete", typed):
            inside = [name for name in INSIDE if name.startswith(params["argument"]["value"])]
            assert answer["result"]["completion"]["values"] == inside


async def test_a_path_of_many_parts_is_refused_at_once(serving: Installed) -> None:
    name = "a/" * 90_000
    async with open_wire(serving) as wire, asyncio.timeout(5):
        params = {"name": "count_words", "arguments": {"files": [name] * 20}}
        async for _, answer in answers(wire, "tools/call", [params]):
            assert answer["result"]["isError"]
        uri = {"uri": f"file:///{name}"}
        async for _, answer in answers(wire, "resources/read", [uri]):
            assert answer["error"]["code"] == -32602


GLOBS = (
    "../*", "../**", "../**/*", "**/../*", "**/../../**", "*/../../*", "/*", "/**", "/etc/*", "~/*",
    "[.][.]/*", "?./*", "??/*", "..", "{..,notes}/*", ".*", ".*/**", "**/.*", "[.]hidden",
    "?hidden", "*hidden", "**/[.]*", "!(x)", "\\.\\./*", "**secret*", "***", "**/**/secret.txt",
)  # fmt: skip


async def test_no_pattern_leads_out(serving: Installed, workspace: Path) -> None:
    attempts = [name for name in names(workspace.parent / FILE) if 0 < len(name) <= 200]
    patterns = [*GLOBS, f"{workspace.parent}/*", f"{workspace}/../**", *attempts]
    async with open_wire(serving) as wire:
        calls = (
            {"name": "search_files", "arguments": {"query": "e", "glob": glob}}
            for glob in dict.fromkeys(patterns)
        )
        async for _, answer in answers(wire, "tools/call", calls):
            found = answer["result"]["structuredContent"]
            assert {match["file"] for match in found["matches"]} <= {*INSIDE}
            assert SECRET not in str(answer)
            assert found["skipped"] == []


# What lies in the directory ---------------------------------------------------------------------


def lay_traps(root: Path) -> list[str]:
    """Put into a directory what is no file, or leads out of it, and return its names."""
    outside = root.parent
    links: dict[str, str | Path] = {
        "to-secret": outside / FILE,
        "relative": f"../{FILE}",
        "chain-1": "chain-2",
        "chain-2": "to-secret",
        "loop-1": "loop-2",
        "loop-2": "loop-1",
        "itself": "itself",
        "to-outside": "..",
        "notes/up": "../..",
        "to-nothing": outside / "nothing.txt",
        "to-hidden": ".hidden",
        "to-neighbour": outside / "workspace-2",
        "to-root-of-all": "/",
        "to-proc": "/proc/self/root",
        "to-environment": "/proc/self/environ",
        "to-descriptor": "/dev/fd/0",
        "to-zeros": "/dev/zero",
        "to-file-and-on": "haiku.md/../../secret.txt",
        "to-pipe": "pipe",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as unix:
        descriptor = os.open(root, os.O_RDONLY)
        try:  # A socket's path must be short.
            unix.bind(f"/proc/self/fd/{descriptor}/socket" if sys.platform == "linux" else "socket")
        finally:
            os.close(descriptor)
    through = [
        *(f"to-outside/{FILE}", f"notes/up/{FILE}", f"to-neighbour/{FILE}", "to-outside/nothing"),
        *("to-root-of-all/etc/passwd", f"to-proc{outside}/{FILE}", "to-outside/workspace/.hidden"),
        *("itself/x", "loop-1/x", "pipe/x", "to-secret/x", "to-outside"),
    ]
    return [*links, "pipe", "socket", "notes", *through]


async def ask_for(wire: Wire, root: Path, name: str) -> list[str]:
    """Ask for a file at every door, and return what is said."""
    count = (await wire.tool("count_words", files=[name]))["result"]
    uri = (root / name).as_uri()
    read = (await wire.call("resources/read", {"uri": uri})).get("error", {})
    params = {"name": "summarise_file", "arguments": {"file": name}}
    prompt = (await wire.call("prompts/get", params)).get("error", {})
    assert read.get("data", {"uri": uri}) == {"uri": uri}
    return [count["content"][0]["text"], str(read.get("message")), str(prompt.get("message"))]


async def names_of(wire: Wire) -> set[str]:
    """Return the names of files that are listed or searched."""
    listed = (await wire.call("resources/list"))["result"]["resources"]
    found = (await wire.tool("search_files", query="e"))["result"]
    structured = found["structuredContent"]
    searched = {one["file"] for part in ("matches", "skipped") for one in structured[part]}
    return {one["name"] for one in listed if one["name"] != "workspace"} | searched


async def test_links_pipes_and_sockets_are_no_files(
    serving: Installed, workspace: Path, era: str
) -> None:
    traps = lay_traps(workspace)
    async with open_wire(serving, era) as wire:
        for name in traps:
            unknown = [f"{name}: no such file", "Resource not found", "file: no such file"]
            assert await ask_for(wire, workspace, name) == unknown
        assert await names_of(wire) == {*INSIDE}


async def test_links_that_stay_inside_are_files(serving: Installed, workspace: Path) -> None:
    (workspace / "alias.md").symlink_to("haiku.md")
    (workspace / "here").symlink_to(workspace)
    async with open_wire(serving) as wire:
        for name in ("alias.md", "here/haiku.md", "here/here/notes/../haiku.md", "./haiku.md"):
            texts = await ask_for(wire, workspace, name)
            assert texts[1:] == ["None", "None"]
        assert await names_of(wire) == {*INSIDE, "alias.md"}


async def test_a_hard_link_is_the_file_itself(serving: Installed, workspace: Path) -> None:
    # No program can tell which of a file's names was first; who makes one may read the file.
    os.link(workspace.parent / FILE, workspace / "linked.txt")
    async with open_wire(serving) as wire:
        assert (await ask_for(wire, workspace, "linked.txt"))[1:] == ["None", "None"]


@pytest.fixture
def unprivileged(serving: Installed, tmp_path: Path) -> Installed:
    """The server without the rights of root, to which no file is closed."""
    if os.geteuid() != 0:
        return serving
    if not (setpriv := shutil.which("setpriv")):
        pytest.skip("root may read every file, and there is no setpriv to take that from it")
    environment = tmp_path / "environment"
    command = environment / "bin" / serving.command.name
    command.parent.mkdir(parents=True)
    without = "-dac_override,-dac_read_search"
    command.write_text(f'#!/bin/sh\nexec {setpriv} --bounding-set={without} "{serving.command}"\n')
    command.chmod(stat.S_IRWXU)
    return replace(serving, python=command.with_name("python"))


async def test_what_may_not_be_read_is_called_so_inside_alone(
    unprivileged: Installed, workspace: Path
) -> None:
    closed, outside = workspace / "closed.txt", workspace.parent / "closed"
    (workspace / "shut").mkdir()
    (workspace / "shut" / FILE).write_text(SECRET)
    outside.mkdir()
    (outside / FILE).write_text(SECRET)
    closed.write_text(SECRET)
    (workspace / "to-closed").symlink_to(outside / FILE)
    for path in (closed, workspace / "shut", outside):
        path.chmod(0)
    try:
        async with open_wire(unprivileged) as wire:
            told = ["closed.txt: unreadable", "Resource not found", "file: unreadable"]
            assert await ask_for(wire, workspace, "closed.txt") == told
            for name in ("shut", f"shut/{FILE}", "shut/nothing", "to-closed", f"../closed/{FILE}"):
                unknown = [f"{name}: no such file", "Resource not found", "file: no such file"]
                assert await ask_for(wire, workspace, name) == unknown
            assert await names_of(wire) == {*INSIDE, "closed.txt"}
    finally:
        for path in (workspace / "shut", outside):
            path.chmod(stat.S_IRWXU)


def move(root: Path) -> None:
    root.rename(root.with_name("gone"))


def put_link(root: Path) -> None:
    root.symlink_to(root.with_name("gone"))


async def test_the_root_may_be_a_link_but_does_not_become_one(
    serving: Installed, workspace: Path
) -> None:
    link = workspace.with_name("link")
    link.symlink_to(workspace)
    async with open_wire(replace(serving, workspace=link)) as wire:
        assert (await ask_for(wire, workspace, "haiku.md"))[1:] == ["None", "None"]
        assert await names_of(wire) == {*INSIDE}
        move(workspace)
        unknown = ["haiku.md: no such file", "Resource not found", "file: no such file"]
        assert await ask_for(wire, workspace, "haiku.md") == unknown
        assert await names_of(wire) == set()
        put_link(workspace)
        assert await ask_for(wire, workspace, "haiku.md") == unknown
        assert await names_of(wire) == set()
