"""Who is measured, and how each is started."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.servers.environments import ROOT, Environments


@dataclass(frozen=True, slots=True)
class Command:
    """How a server is started."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path


@dataclass(frozen=True, slots=True)
class Contender:
    """A server: its key in the results, its name for readers, what it is, how it is started.

    `start` takes the environments, how many tools to offer, and a port, or none for stdio.
    """

    key: str
    name: str
    what: str
    start: Callable[[Environments, int, int | None], Command]
    stdio: bool = True
    many_tools: bool = True


def _rendered(built: Environments, tools: int, port: int | None) -> Command:
    http: tuple[str, ...] = ()
    if port is not None:
        http = ("--transport", "http", "--host", "127.0.0.1", "--port", str(port))
    variables = {"PYTHONPATH": str(built.overlay(tools)), "BENCH_SERVER_JSON_RESPONSE": "true"}
    return Command((built.script, *http), environment(variables), built.scratch)


def _script(
    installed: str, module: str, main: str = "main"
) -> Callable[[Environments, int, int | None], Command]:
    # What an installed console script does, and no slower.
    code = f"from benchmarks.servers.{module} import {main}; {main}()"

    def start(built: Environments, tools: int, port: int | None) -> Command:
        numbers = [str(number) for number in (tools, port) if number is not None]
        # Asking the package index for a newer version belongs to no measurement.
        variables = {"PYTHONPATH": str(ROOT), "FASTMCP_CHECK_FOR_UPDATES": "off"}
        arguments = (built.python(installed), "-c", code, *numbers)
        return Command(arguments, environment(variables), built.scratch)

    return start


def environment(variables: dict[str, str]) -> dict[str, str]:
    """Return the variables of a server: few of those here, and its own."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    return kept | variables


OURS = "ours"
AGAIN = "again"
BARE = "bare"
TUNED = "tuned"
MCPSERVER = "mcpserver"
MCPSERVER_HTTPTOOLS = "mcpserver-httptools"
FASTMCP = "fastmcp"

CONTENDERS = (
    Contender(OURS, "ours", "the rendered server, as rendered", _rendered),
    Contender(AGAIN, "ours, again", "the same server once more, to show the noise", _rendered),
    Contender(
        BARE,
        "bare SDK",
        "the SDK's low-level `Server`, its arguments validated by a Pydantic model",
        _script("sdk", "bare"),
    ),
    Contender(
        TUNED,
        "bare SDK, tuned",
        "the same with `get_tool_input_schema`, httptools and no access log",
        _script("sdk-httptools", "bare", "main_tuned"),
        stdio=False,
        many_tools=False,
    ),
    Contender(
        MCPSERVER,
        "MCPServer",
        "the SDK's high-level server, served by its `run()`",
        _script("sdk", "mcpserver"),
    ),
    Contender(
        MCPSERVER_HTTPTOOLS,
        "MCPServer, httptools",
        "the same where httptools is installed too, which its `run()` then uses",
        _script("sdk-httptools", "mcpserver"),
        stdio=False,
        many_tools=False,
    ),
    Contender(FASTMCP, "FastMCP", "FastMCP, served by its `run()`", _script("fastmcp", "fastmcp")),
)
