"""Files that change into links between the look at them and their use: the secret stays outside."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from support.escapes import FILE, SECRET
from support.serving import PATIENCE, Installed, Wire

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="what links do on POSIX")

READS = 1500
INSIDE = "inside"
SWAPPING = """
import os, sys
outside, file = sys.argv[1:]

def link(name, target):
    os.symlink(target, "new")
    os.rename("new", name)

while True:
    # A file becomes a link to the secret, and a link to a file one that leads out.
    link("swapped.txt", f"{outside}/{file}")
    link("link.txt", f"{outside}/{file}")
    # A directory becomes a link to the one outside.
    os.rename("directory", "kept")
    os.symlink(outside, "directory")
    with open("new", "w") as new:
        new.write("inside")
    os.rename("new", "swapped.txt")
    link("link.txt", "plain.txt")
    os.unlink("directory")
    os.rename("kept", "directory")
"""
GROWING = """
while True:
    for size in (10, 300_000, 2_000_000):
        with open("growing.txt", "w") as growing:
            growing.write("x" * size)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A directory with files of the same names as outside, where a secret is in them."""
    root = tmp_path.resolve() / "workspace"
    (root / "directory").mkdir(parents=True)
    for name in ("plain.txt", "swapped.txt", "link.txt", "growing.txt", f"directory/{FILE}"):
        (root / name).write_text(INSIDE)
    (root.parent / FILE).write_text(SECRET)
    (root.parent / "only-outside.txt").write_text(SECRET)
    return root


@contextmanager
def changing(root: Path, how: str) -> Iterator[None]:
    """Change the files all the time, from another process."""
    with subprocess.Popen(
        [sys.executable, "-c", how, str(root.parent), FILE],
        cwd=root,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield
            assert process.poll() is None, process.communicate()[1]
        finally:
            process.kill()


FILES = ("swapped.txt", "link.txt", f"directory/{FILE}")
KNOWN = {*FILES, "plain.txt", "growing.txt", "new", f"kept/{FILE}", "workspace"}


async def read_all(wire: Wire, root: Path) -> Counter[tuple[str, str]]:
    """Ask for each file at each door at once; return what was served, and what refused."""
    asked = {
        (door, name): wire.request(method, params)
        for name in FILES
        for door, method, params in (
            ("read", "resources/read", {"uri": (root / name).as_uri()}),
            ("count", "tools/call", {"name": "count_words", "arguments": {"files": [name]}}),
            ("prompt", "prompts/get", {"name": "summarise_file", "arguments": {"file": name}}),
        )
    }
    seen: Counter[tuple[str, str]] = Counter()
    for (door, name), identity in asked.items():
        answer = await wire.answer(identity)
        result = answer.get("result", {})
        served = bool(result) and not result.get("isError")
        if door == "count" and served:
            assert result["structuredContent"]["total_words"] == len(INSIDE.split())
        elif served:
            assert INSIDE in str(result)
        seen[name, "served" if served else "refused"] += 1
    return seen


async def list_all(wire: Wire) -> None:
    """Check that only files of inside are listed, with their sizes, and found."""
    listed = (await wire.call("resources/list"))["result"]["resources"]
    assert {one["name"] for one in listed} <= KNOWN
    sizes = {one["size"] for one in listed if one["name"] in FILES}
    assert sizes <= {len(INSIDE)}
    found = await wire.tool("search_files", query="secret")
    assert found["result"]["structuredContent"]["matches"] == []


async def test_what_becomes_a_link_while_it_is_read_is_never_the_secret(
    server: Installed, workspace: Path
) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    async with replace(server, workspace=workspace).over_stdio() as wire:
        await wire.hello()
        with changing(workspace, SWAPPING):
            async with asyncio.timeout(2 * PATIENCE):
                # Until each file was met in both states, and often.
                while len(seen) < 2 * len(FILES) or seen.total() < READS:
                    seen += await read_all(wire, workspace)
                    await list_all(wire)
                    assert SECRET not in str(wire.messages)
                    assert "only-outside" not in str(wire.messages)
                    wire.messages.clear()
        assert b"incident" not in wire.log


async def test_a_file_that_grows_while_it_is_read_is_read_or_too_large(
    server: Installed, workspace: Path
) -> None:
    uri = (workspace / "growing.txt").as_uri()
    seen: Counter[str] = Counter()
    async with replace(server, workspace=workspace).over_stdio() as wire:
        await wire.hello()
        with changing(workspace, GROWING):
            async with asyncio.timeout(2 * PATIENCE):
                while len(seen) < 2 or seen.total() < 100:
                    answer = await wire.call("resources/read", {"uri": uri})
                    if "result" in answer:
                        (content,) = answer["result"]["contents"]
                        assert content["text"].strip("x") in ("", INSIDE)
                        assert len(content["text"]) <= 1024 * 1024
                    else:
                        assert answer["error"]["message"] == "Resource is too large"
                    seen["read" if "result" in answer else "too large"] += 1
                    wire.messages.clear()
        assert b"incident" not in wire.log
