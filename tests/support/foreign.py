"""Clients that others have made, each in an environment of its own, and how to run them.

What they do with the server is in `clients/`, once for those in Python and once for those in
TypeScript: connect in some way, do a step after the other, and print what they saw.
"""

import asyncio
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from support import downloads
from support.environments import python_of, site_packages
from support.serving import Installed

HERE = Path(__file__).resolve().parents[1] / "clients"

PATIENCE = 300
"""Seconds for all conversations of a client; each has a limit of its own."""

ALL_MODES = {"auto": "2026-07-28", "legacy": "2025-11-25", "2026-07-28": "2026-07-28"}
NO_MODES = {"": "2025-11-25"}

STDIO = "stdio"
STATELESS = "HTTP"
SESSIONS = "HTTP with sessions"


@dataclass(frozen=True, slots=True)
class Program:
    """A client that is installed, and reads what to connect to as its last argument."""

    version: str
    command: tuple[str, ...]
    directory: Path
    script: bytes = b""
    """What it reads from standard input."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of running a program."""

    status: int | None
    output: str
    errors: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """A client, and the protocol revision that it negotiates in each of its modes."""

    name: str
    modes: Mapping[str, str]
    install: Callable[[], Program]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to connect: in a mode of the client, over a transport."""

    mode: str
    revision: str
    transport: str

    @property
    def cancels(self) -> bool:
        """Whether the server can hear that a call is cancelled.

        A client of 2025-11-25 says so in a message of its own. Without a session nothing tells the
        server whose call it means.
        """
        return not (self.revision == "2025-11-25" and self.transport == STATELESS)


INSPECTED = (Way("legacy", "2025-11-25", STDIO), Way("modern", "2026-07-28", STATELESS))
"""How the Inspector connects. Each step takes a process of its own, so not in all ways."""


def _python(script: str, package: str, environment: str) -> Callable[[], Program]:
    def install() -> Program:
        installed = downloads.python(HERE / f"{environment}.txt")
        (found,) = distributions(name=package, path=[str(site_packages(installed))])
        command = (str(python_of(installed)), str(HERE / script))
        return Program(found.version, command, HERE)

    return install


def _typescript(major: str, package: str) -> Callable[[], Program]:
    def install() -> Program:
        directory = downloads.npm(HERE)
        command = (str(downloads.node()), "--input-type=module", "-", major)
        script = (HERE / "conversation.mjs").read_bytes()
        return Program(_npm_version(package), command, directory, script)

    return install


CLIENTS = {
    client.name: client
    for client in (
        Foreign("Python SDK 2", ALL_MODES, _python("python_sdk_2.py", "mcp", "python-sdk-2")),
        Foreign("Python SDK 1", NO_MODES, _python("python_sdk_1.py", "mcp", "python-sdk-1")),
        Foreign("FastMCP 4", ALL_MODES, _python("fastmcp_client.py", "fastmcp", "fastmcp-4")),
        Foreign("FastMCP 3", NO_MODES, _python("fastmcp_client.py", "fastmcp", "fastmcp-3")),
        Foreign("TypeScript SDK 2", ALL_MODES, _typescript("2", "client")),
        Foreign("TypeScript SDK 1", NO_MODES, _typescript("1", "sdk")),
    )
}


def _npm_version(package: str) -> str:
    """Return the version of a package of the MCP project that is installed."""
    modules = downloads.npm(HERE) / "node_modules" / "@modelcontextprotocol"
    version: str = json.loads((modules / package / "package.json").read_bytes())["version"]
    return version


def ways(client: Foreign) -> list[Way]:
    """Return all ways in which a client can connect; sessions are for those of 2025-11-25."""
    return [
        Way(mode, revision, transport)
        for mode, revision in client.modes.items()
        for transport in (STDIO, STATELESS, SESSIONS)
        if transport != SESSIONS or revision == "2025-11-25"
    ]


async def converse(
    program: Program, server: Installed, chosen: Sequence[Way], urls: Mapping[str, str]
) -> dict[Way, dict[str, Any]]:
    """Let a client have a conversation in each way, and return what it saw in each.

    Over stdio it starts the server itself, with the settings that its user would write down.
    """
    spawned = {"command": str(server.command), "env": _settings(server)}
    targets = [
        {"mode": way.mode, "cancels": way.cancels}
        | ({"url": urls[way.transport]} if way.transport in urls else spawned)
        for way in chosen
    ]
    done = await _run(
        *program.command, json.dumps(targets), directory=program.directory, sent=program.script
    )
    # The server's own log is in there, too, where the client has started it.
    assert (done.status, done.errors) == (0, "")
    return dict(zip(chosen, json.loads(done.output), strict=True))


def target(server: Installed, url: str | None) -> tuple[str, ...]:
    """Return what the Inspector's command line connects to: a URL, or what it starts itself."""
    if url is not None:
        return "--transport=http", f"--server-url={url}"
    return *(f"-e{name}={text}" for name, text in _settings(server).items()), str(server.command)


def _settings(server: Installed) -> dict[str, str]:
    """Return the settings of the server, as they stand in the configuration of a client.

    Its log has no line for each call there: what a client writes to stderr comes after it.
    """
    prefix = f"{server.project.answers['package_name']}_".upper()
    environment = server.environment()
    settings = {name: text for name, text in environment.items() if name.startswith(prefix)}
    return settings | {f"{prefix}LOG_LEVEL": "warning"}


async def inspect(*arguments: str, mode: str, home: Path) -> Done:
    """Run the command line of the Inspector; what it keeps, it keeps below `home`."""
    package = downloads.npm(HERE) / "node_modules" / "@modelcontextprotocol" / "inspector"
    script = package / "clients" / "launcher" / "build" / "index.js"
    return await _run(
        *(str(downloads.node()), str(script), "--cli", "--format=json"),
        *(f"--protocol-era={mode}", *arguments),
        directory=home,
        environment=dict.fromkeys(("HOME", "USERPROFILE"), str(home)),
    )


async def _run(
    *command: str, directory: Path, sent: bytes = b"", environment: Mapping[str, str] | None = None
) -> Done:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        env=os.environ | dict(environment or {}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            output, errors = await process.communicate(sent)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return Done(process.returncode, output.decode(), errors.decode())


def table() -> str:
    """Return the rows of the table in the docs: a mode of a client, and how far it comes."""
    rows = []
    for client in CLIENTS.values():
        version = client.install().version
        for mode in client.modes:
            chosen = [way for way in ways(client) if way.mode == mode]
            came = {way.transport: "all" if way.cancels else "all but one" for way in chosen}
            rows.append(_row(client.name, version, chosen[0], came))
    version = _npm_version("inspector")
    rows += [_row("Inspector", version, way, {way.transport: "those it has"}) for way in INSPECTED]
    return "".join(rows)


def _row(name: str, version: str, way: Way, came: Mapping[str, str]) -> str:
    mode = f"`{way.mode}`" if way.mode else ""
    cells = (came.get(transport, "") for transport in (STDIO, STATELESS, SESSIONS))
    return f"| {' | '.join((name, version, mode, way.revision, *cells))} |\n"
