"""A rendered server as its users have it: installed, and started by its command.

Beside the worked example it has the tools of `overlay/probes.py`, which wait, fail and misbehave on
demand, and an interactive one those of `overlay/telling.py`. Its workspace has two files.
"""

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from mcp.types import (
    CLIENT_CAPABILITIES_META_KEY,
    CLIENT_INFO_META_KEY,
    PROTOCOL_VERSION_META_KEY,
)

from support.environments import install_beside_us
from support.rendering import Project

PATIENCE = 30
"""Seconds after which something that never comes is a failure. Nothing waits for them to pass."""

ERAS = {"2026-07-28": "auto", "2025-11-25": "legacy"}
"""The protocol versions that clients speak, and the mode of the SDK's client for each."""

OVERLAY = Path(__file__).resolve().parent / "overlay"
MAX_LINE_BYTES = 128 * 1024 * 1024
CLIENT = {"name": "test", "version": "1"}


LEDGER = """
CREATE TABLE counter (value integer NOT NULL);
CREATE TABLE ledger (data text NOT NULL);
INSERT INTO counter VALUES (0);
"""


def with_probes(project: Project) -> Project:
    """Add the tools of the overlay to a project, as its owner would."""
    tools = project.package / "tools"
    modules = ["probes", "telling"] if project.answers["interactive"] else ["probes"]
    if project.answers["database"] != "none":
        modules.insert(0, "ledger")
        (project.package / "migrations" / "0001_ledger.sql").write_text(LEDGER)
    for module in modules:
        shutil.copy(OVERLAY / f"{module}.py", tools / f"{module}.py")
    if project.answers["database"] == "postgres":
        ledger = tools / "ledger.py"
        ledger.write_text(ledger.read_text("utf-8").replace("(?)", "(%s)"), "utf-8", newline="\n")
    catalog = tools / "catalog.py"
    text = catalog.read_text("utf-8")
    imported = ", ".join(sorted(["handlers", "schemas", *modules]))
    text = text.replace("from . import handlers, schemas\n", f"from . import {imported}\n")
    last = "    # The end of what Copier writes. What you add to the tools goes below.\n"
    assert last in text
    added = "".join(f"    *{module}.PROBES,\n" for module in modules)
    catalog.write_text(text.replace(last, last + added), "utf-8", newline="\n")
    return project


@dataclass(frozen=True, slots=True)
class Installed:
    """A project that is installed in an environment of its own, and the directory it serves."""

    project: Project
    python: Path
    workspace: Path

    @classmethod
    def make(cls, project: Project, directory: Path) -> Self:
        """Install a project below a directory, and give it a small workspace."""
        workspace = directory / "workspace"
        (workspace / "notes").mkdir(parents=True)
        (workspace / "haiku.md").write_bytes(b"An old silent pond;\na frog jumps in.\n")
        (workspace / "notes" / "plan.txt").write_bytes(b"Buy rice.\nFeed the frog.\n")
        (directory / "secret.txt").write_text("secret")
        python = install_beside_us(project, directory / "environment")
        return cls(project, python, workspace.resolve())

    @property
    def command(self) -> Path:
        """The command that the project installs."""
        name = str(self.project.answers["package_name"]).replace("_", "-")
        return self.python.parent / (f"{name}.exe" if sys.platform == "win32" else name)

    def environment(self, **settings: object) -> dict[str, str]:
        """Return the environment of the server, with settings by their names: `tool_timeout=5`."""
        ours = ("COV", "MCP_", "PYTEST", "PYTHON", "VIRTUAL_ENV")
        inherited = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
        prefix = str(self.project.answers["package_name"]).upper()
        given = {"root": self.workspace} | settings
        return inherited | {f"{prefix}_{name.upper()}": str(text) for name, text in given.items()}

    @asynccontextmanager
    async def over_stdio(
        self, era: str = "2026-07-28", *, limit: int = MAX_LINE_BYTES, **settings: object
    ) -> AsyncIterator["Wire"]:
        """Start the server over stdio, and kill it at the end if it still runs.

        No answer may be longer than `limit`; twice as much is read before anyone asks for it.
        """
        process = await asyncio.create_subprocess_exec(
            self.command,
            env=self.environment(**settings),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=limit,
        )
        wire = Wire(process, era)
        try:
            yield wire
        finally:
            await wire.kill()

    @asynccontextmanager
    async def over_http(self, *arguments: str, **settings: object) -> AsyncIterator["Listening"]:
        """Start the server over HTTP at a free port, and kill it at the end if it still runs."""
        process = await asyncio.create_subprocess_exec(
            self.command,
            *("--transport", "http", "--port", "0", *arguments),
            env=self.environment(**settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout
        assert process.stderr
        log = bytearray()
        reading = asyncio.create_task(_collect(process.stderr, log))
        try:
            url = await _until(lambda: re.search(rb"serving (http://\S+)", log), reading)
            yield Listening(process, url[1].decode(), log)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await reading


async def _collect(stream: asyncio.StreamReader, into: bytearray) -> None:
    while data := await stream.read(65536):
        into += data


async def _until[T](found: Callable[[], T | None], reading: asyncio.Task[None]) -> T:
    async with asyncio.timeout(PATIENCE):
        while (value := found()) is None:
            assert not reading.done(), "the server ended before it served"
            await asyncio.sleep(0.02)
        return value


@dataclass(slots=True)
class Listening:
    """A server that listens for HTTP."""

    process: asyncio.subprocess.Process
    url: str
    """The address of its endpoint."""
    log: bytearray
    """What it has written to stderr so far."""

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").removesuffix("/mcp").rsplit(":", 1)
        return host, int(port)


@dataclass(slots=True)
class Wire:
    """A client's end of a server process over stdio: one JSON message a line."""

    process: asyncio.subprocess.Process
    era: str
    capabilities: dict[str, Any] = field(default_factory=dict)
    log: bytearray = field(default_factory=bytearray)
    """What the server has written to stderr so far."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    """All messages that came, in their order."""
    _last_id: int = 0
    _reading: asyncio.Task[None] = field(init=False)
    _early: dict[object, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.process.stderr
        self._reading = asyncio.create_task(_collect(self.process.stderr, self.log))

    @property
    def incoming(self) -> asyncio.StreamReader:
        assert self.process.stdout
        return self.process.stdout

    @property
    def outgoing(self) -> asyncio.StreamWriter:
        assert self.process.stdin
        return self.process.stdin

    def send(self, message: bytes | Mapping[str, Any], end: bytes = b"\n") -> None:
        """Send a message, or bytes as they are."""
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.outgoing.write(data + end)

    def request(self, method: str, params: Mapping[str, Any] | None = None) -> int:
        """Send a request and return its id."""
        self._last_id += 1
        self.send(request(self._last_id, method, params, self.era, self.capabilities))
        return self._last_id

    def notify(self, method: str, params: Mapping[str, Any] | None = None) -> None:
        """Send a notification."""
        self.send({"jsonrpc": "2.0", "method": method, "params": dict(params or {})})

    async def receive(self) -> dict[str, Any]:
        """Return the next message. Whatever else is on standard output is a failure."""
        async with asyncio.timeout(PATIENCE):
            line = await self.incoming.readline()
        assert line.endswith(b"\n"), f"the connection ended with {line!r}: {self.log.decode()}"
        message: dict[str, Any] = json.loads(line)
        assert message.get("jsonrpc") == "2.0"
        self.messages.append(message)
        return message

    async def answer(self, request_id: object) -> dict[str, Any]:
        """Return the answer to a request; others that come first are kept."""
        while request_id not in self._early:
            message = await self.receive()
            self._early[message.get("id")] = message
        return self._early.pop(request_id)

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a request and return its answer."""
        return await self.answer(self.request(method, params))

    async def tool(self, name: str, **arguments: object) -> dict[str, Any]:
        """Call a tool and return the answer."""
        return await self.call("tools/call", {"name": name, "arguments": arguments})

    async def hello(self) -> dict[str, Any]:
        """Begin the conversation as a client of this era does, and return the server's answer."""
        if self.era == "2026-07-28":
            return await self.call("server/discover")
        params = {"protocolVersion": self.era, "capabilities": self.capabilities}
        answer = await self.call("initialize", params | {"clientInfo": CLIENT})
        self.notify("notifications/initialized")
        return answer

    def end(self) -> None:
        """End the server's input."""
        self.outgoing.close()

    async def ended(self) -> tuple[int, bytes]:
        """Return the exit status, and what still came on standard output."""
        async with asyncio.timeout(PATIENCE):
            rest = await self.incoming.read()
            status = await self.process.wait()
            await self._reading
        return status, rest

    async def kill(self) -> None:
        """End the process in any case."""
        with suppress(ProcessLookupError):
            self.process.kill()
        if not self.outgoing.is_closing():
            self.outgoing.transport.abort()
        while await self.incoming.read(65536):
            pass
        await self.process.wait()
        await self._reading


def request(
    request_id: object,
    method: str,
    params: Mapping[str, Any] | None = None,
    era: str = "2026-07-28",
    capabilities: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a JSON-RPC request as a client of an era sends it."""
    message = {"jsonrpc": "2.0", "id": request_id, "method": method}
    if era != "2026-07-28":
        return message | {"params": dict(params or {})}
    meta = {
        PROTOCOL_VERSION_META_KEY: era,
        CLIENT_INFO_META_KEY: CLIENT,
        CLIENT_CAPABILITIES_META_KEY: dict(capabilities or {}),
    }
    return message | {"params": dict(params or {}) | {"_meta": meta}}
