"""What the probes and the system (Linux) tell of a server that runs."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.serving import PATIENCE, Wire

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc to read")


async def running(wire: Wire, count: int) -> dict[str, Any]:
    """Wait until so many calls of `wait` are running, and return what is known of them."""
    while True:
        found: dict[str, Any] = (await wire.tool("waiting"))["result"]["structuredContent"]
        if found["running"] == count:
            return found
        await asyncio.sleep(0.02)


def memory(pid: int, figure: str = "VmRSS") -> float:
    """Return how many MiB of memory it has; `VmHWM` is the most it ever had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields[figure].split()[0]) / 1024


def descriptors(pid: int) -> int:
    """Return how many descriptors it has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    """Return how many threads it has."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def children(pid: int) -> list[int]:
    """Return the processes that it has started and that run."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # It has just ended.
            continue
        if int(parent) == pid and state not in "ZX":
            found.append(int(status.parent.name))
    return found


async def until(holds: Callable[[], bool], pause: float = 0.02) -> None:
    """Wait until something holds that the system tells only when it is asked."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 (there is no event for it)
            await asyncio.sleep(pause)


async def first_child(pid: int) -> int:
    """Wait until it has started a process, and return that."""
    await until(lambda: bool(children(pid)))
    return children(pid)[0]


async def end_of(*pids: int) -> None:
    """Wait until none of them runs. Those that nobody has asked for their status yet have ended."""
    await until(lambda: not any(_runs(pid) for pid in pids))


def _runs(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"
