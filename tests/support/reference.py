"""Servers to be imported, those that others have made too: where they come from, how they start.

Those of npm stand in `imports/package-lock.json`, those of PyPI in `imports/*.txt`.
"""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from support import downloads
from support.environments import python_of
from support.rendering import Project, git

HERE = Path(__file__).resolve().parents[1] / "imports"
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Reference:
    """A server, and the arguments of its command; it may write below the directory alone."""

    package: str
    arguments: Callable[[Path], list[str]] = lambda _: []
    environment: str = ""
    """The file of requirements; without one it comes from npm."""

    def command(self, directory: Path) -> list[str]:
        """Return the command, whose package is installed."""
        if not self.environment:
            return [*npm(self.package), *self.arguments(directory)]
        python = python_of(downloads.python(HERE / f"{self.environment}.txt"))
        return [str(python.parent / self.package), *self.arguments(directory)]


def npm(package: str) -> list[str]:
    modules = downloads.npm(HERE) / "node_modules" / "@modelcontextprotocol"
    return [str(downloads.node()), str(modules / package / "dist" / "index.js")]


def _repository(directory: Path) -> list[str]:
    git(directory, "init", "--quiet")
    return ["--repository", str(directory)]


REFERENCES = {
    one.package: one
    for one in (
        Reference("server-everything"),
        Reference("server-filesystem", lambda directory: [str(directory)]),
        Reference("server-memory"),
        Reference("server-sequential-thinking"),
        Reference("mcp-server-fetch", environment="reference-servers"),
        Reference("mcp-server-git", _repository, "reference-servers"),
        Reference("mcp-server-time", environment="reference-servers"),
        Reference(
            "mcp-server-sqlite",
            lambda directory: ["--db-path", str(directory / "notes.db")],
            "sqlite-server",
        ),
    )
}


def variables(directory: Path) -> dict[str, str]:
    """Return what keeps the servers below a directory."""
    return {"MEMORY_FILE_PATH": str(directory / "memory.jsonl")}


def started(project: Project) -> list[str]:
    """Return the command of a rendered server, which is not installed."""
    run = f"runpy.run_module({project.package.name!r}, run_name='__main__', alter_sys=True)"
    path = f"sys.path.insert(0, {str(project.path / 'src')!r})"
    return [sys.executable, "-c", f"import runpy, sys; {path}; {run}"]


@asynccontextmanager
async def everything_over_http(directory: Path) -> AsyncIterator[str]:
    """Serve server-everything over streamable HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *npm("server-everything"),
        "streamableHttp",
        cwd=directory,
        env=os.environ | variables(directory) | {"PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await _listening(port)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _listening(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
