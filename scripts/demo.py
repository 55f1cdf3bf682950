"""Render a server, install it, and talk to its installed command as a client would.

`make demo` runs this. It doubles as a test: it ends with status 1 and a sentence when anything is
not as expected.
"""

import argparse
import asyncio
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import warnings
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from copier import run_copy
from copier.errors import CopierError, DirtyLocalWarning
from jinja2 import TemplateError
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.types import CallToolResult, TextContent, TextResourceContents
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "demo"
SERVED = BUILD / "workspace"
LOG = BUILD / "server.log"

WORKSPACE = {
    "haiku.md": "# An old pond\n\nAn old silent pond;\na frog jumps in.\nThe sound of water.\n",
    "garden/frogs.txt": "Frogs need shade and clean water.\nThey sing in spring.\n",
    "garden/tools.txt": "A spade, a rake, a watering can.\n",
}
# A file that is not text, so that the search has something to skip.
PICTURE = ("garden/frog.png", b"\x89PNG\r\n\x1a\n\0\0\0\0")
# A call of each tool. A tool that is not here makes the demo fail, so that it shows every one.
CALLS: Mapping[str, dict[str, Any]] = {
    "search_files": {"query": "water", "limit": 3},
    "count_words": {"files": ["haiku.md", "garden/frogs.txt"]},
}
# The envelope of an answer, and what takes more room than a transcript has.
LEFT_OUT = {"_meta", "resultType", "ttlMs", "cacheScope", "inputSchema", "outputSchema", "icons"}

# What uv says that is neither progress nor an error.
UNTOLD = (" + ", " - ", " ~ ", "   Building ", "      Built ", "Using CPython", "Creating virtual")


class DemoError(Exception):
    """Something is not as expected; the text says what."""


@dataclass(frozen=True)
class Installed:
    """A rendered and installed server."""

    directory: Path
    command: Path
    settings_prefix: str
    render_seconds: float
    install_seconds: float


def expect(condition: object, otherwise: str) -> None:
    if not condition:
        raise DemoError(otherwise)


def say(text: str) -> None:
    # Through a pipe, too, each line is there when it happens.
    print(text, flush=True)


def render(answers: Mapping[str, Any], directory: Path) -> float:
    """Render the template with its uncommitted changes; return the seconds it took."""
    shutil.rmtree(directory, ignore_errors=True)
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DirtyLocalWarning)
        try:
            run_copy(
                str(ROOT),
                directory,
                data=dict(answers),
                vcs_ref="HEAD",
                defaults=True,
                unsafe=False,
                quiet=True,
            )
        except (CopierError, TemplateError) as error:
            raise DemoError(f"The template does not render: {error}") from error
    return time.perf_counter() - started


def install(directory: Path) -> float:
    """Install a rendered server into its own environment; return the seconds it took."""
    uv = os.environ.get("UV") or shutil.which("uv")
    expect(uv, "uv is missing: start the demo with `make demo`.")
    assert uv
    # The environment of this repository is not the server's.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"}
    }
    # uv does not compile by default, and then the first start takes twice as long.
    command = [uv, "sync", "--no-dev", "--compile-bytecode", "--python", sys.executable]
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=directory, env=environment, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stderr
        for line in process.stderr:
            # One line a stage is progress enough, one a package is not.
            if not line.startswith(UNTOLD):
                say(f"    {line.rstrip()}")
    expect(process.returncode == 0, "uv could not install the server, for the reason above.")
    return time.perf_counter() - started


def command_of(directory: Path, name: str) -> Path:
    """Return the installed command of a project."""
    scripts = directory / ".venv" / ("Scripts" if sys.platform == "win32" else "bin")
    command = scripts / (f"{name}.exe" if sys.platform == "win32" else name)
    expect(command.exists(), f"The installed project has no command {name}.")
    return command


def build(answers: Mapping[str, Any]) -> Installed:
    name = answers["distribution_name"]
    directory = BUILD / name
    say(f"Rendering {answers['project_name']} into {directory.relative_to(ROOT)} …")
    render_seconds = render(answers, directory)
    files = sum(1 for path in directory.rglob("*") if path.is_file())
    say(f"    {files} files")
    say("Installing it with uv; the first time this downloads about 30 packages …")
    install_seconds = install(directory)
    return Installed(
        directory=directory,
        command=command_of(directory, name),
        settings_prefix=answers["package_name"].upper(),
        render_seconds=render_seconds,
        install_seconds=install_seconds,
    )


def write_workspace() -> None:
    shutil.rmtree(SERVED, ignore_errors=True)
    for name, text in WORKSPACE.items():
        path = SERVED / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    name, data = PICTURE
    (SERVED / name).write_bytes(data)


def brief(value: object) -> object:
    """The same value, cut down to what a reader of the transcript wants."""
    match value:
        case dict():
            # Where there is structured content, the text content says the same once more.
            left_out = LEFT_OUT | ({"content"} if "structuredContent" in value else set())
            return {key: brief(item) for key, item in value.items() if key not in left_out}
        case list() if len(value) > 4:
            return [*map(brief, value[:4]), f"… and {len(value) - 4} more"]
        case list():
            return [brief(item) for item in value]
        case str():
            # Wherever this clone is, the transcript is the same, and can be shown to others.
            text = value.replace(SERVED.as_uri(), "file:///…")
            return text if len(text) <= 120 else f"{text[:119].rstrip()}…"
        case _:
            return value


def show(mark: str, text: str) -> None:
    lines = textwrap.wrap(text, width=94, break_long_words=False, break_on_hyphens=False)
    for line in lines:
        say(f"{mark} {line}")
        mark = " " * len(mark)


async def ask[Answer: BaseModel](
    method: str, parameters: Mapping[str, Any], answer: Awaitable[Answer]
) -> Answer:
    """Print what the client asks and what the server answers; return the answer."""
    show(
        "client →",
        f"{method} {json.dumps(brief(parameters), ensure_ascii=False)}" if parameters else method,
    )
    result = await answer
    fields = brief(result.model_dump(mode="json", by_alias=True, exclude_none=True))
    show("server ←", json.dumps(fields, ensure_ascii=False))
    return result


async def call_tool(client: Client, name: str, arguments: dict[str, Any]) -> CallToolResult:
    return await ask(
        "tools/call", {"name": name, "arguments": arguments}, client.call_tool(name, arguments)
    )


def text_of(result: CallToolResult) -> str:
    return "".join(item.text for item in result.content if isinstance(item, TextContent))


async def talk(client: Client) -> None:
    """The conversation, and what must be true of it."""
    listed = await ask("tools/list", {}, client.list_tools())
    names = [tool.name for tool in listed.tools]
    expect(names, "The server offers no tools.")
    for name in names:
        expect(name in CALLS, f"The demo does not know how to call the tool {name}.")
        result = await call_tool(client, name, CALLS[name])
        expect(not result.is_error, f"The tool {name} failed.")
        expect(result.structured_content, f"The tool {name} gave no structured result.")

    say("\nErrors say what a model can correct:")
    result = await call_tool(client, "search_files", {"query": "water", "limit": "many"})
    expect(result.is_error, "An invalid argument was accepted.")
    expect("limit" in text_of(result), "The error does not name the invalid argument.")
    result = await call_tool(client, "count_words", {"files": ["haiku.md", "missing.txt"]})
    expect(result.is_error, "A file that does not exist was counted.")
    expect("missing.txt" in text_of(result), "The error does not name the missing file.")

    say("\nThe files are resources:")
    resources = await ask("resources/list", {}, client.list_resources())
    uri = next((item.uri for item in resources.resources if item.uri.endswith("/haiku.md")), None)
    expect(uri, "haiku.md is not among the resources.")
    assert uri
    read = await ask("resources/read", {"uri": uri}, client.read_resource(uri))
    contents = read.contents[0]
    expect(
        isinstance(contents, TextResourceContents) and contents.text == WORKSPACE["haiku.md"],
        "The resource is not what the file holds.",
    )


async def converse(installed: Installed) -> float:
    """Start the server as a client does, and talk; return the seconds to its first answer."""
    with LOG.open("w", encoding="utf-8") as errors, tempfile.TemporaryDirectory() as elsewhere:
        server = StdioServerParameters(
            command=str(installed.command),
            cwd=elsewhere,
            env={f"{installed.settings_prefix}_ROOT": str(SERVED)},
        )
        started = time.perf_counter()
        async with asyncio.timeout(60), Client(stdio_client(server, errlog=errors)) as client:
            first_answer_seconds = time.perf_counter() - started
            show("client →", "server/discover")
            info = client.server_info
            expect(info, "The server does not say who it is.")
            assert info
            show("server ←", f"{info.title or info.name} {info.version}, {client.protocol_version}")
            expect(info.version, "The server has no version.")
            expect(
                client.protocol_version == "2026-07-28",
                f"The server speaks {client.protocol_version} instead of 2026-07-28.",
            )
            await talk(client)
    return first_answer_seconds


def show_next_steps(installed: Installed) -> None:
    """Print commands for the root of this repository, where `make` was called."""
    server = installed.directory.relative_to(ROOT)
    command = installed.command.relative_to(ROOT)
    copier = os.path.relpath(Path(sys.executable).with_name("copier"), ROOT)
    # A uv that `make` installed for this repository is not on the PATH.
    uv = "uv" if shutil.which("uv") else os.path.relpath(os.environ["UV"], installed.directory)
    say("\nNext")
    say(f"  Look at it and run its tests:\n    (cd {server} && {shlex.quote(uv)} run pytest)")
    say("  Connect a client (claude-code, vscode, cursor and generic are there, too):")
    say(f"    {command} --client-config claude-desktop")
    # In full, because Copier records the path for later updates.
    say(f'  Make your own:\n    {shlex.quote(copier)} copy "$PWD" ../my-server')


def run(answers_file: Path) -> None:
    answers = yaml.safe_load(answers_file.read_text(encoding="utf-8"))
    installed = build(answers)
    write_workspace()
    say(f"Starting {installed.command.name} as a client would, over stdio …\n")
    try:
        first_answer_seconds = asyncio.run(converse(installed))
    except* (MCPError, OSError, TimeoutError) as group:
        reason = "; ".join(str(error) or type(error).__name__ for error in leaves(group))
        raise DemoError(
            f"The conversation broke off: {reason}. The server's log is {LOG.relative_to(ROOT)}."
        ) from group
    say(
        f"\nAll as expected: rendered in {installed.render_seconds:.2f} s, "
        f"installed in {installed.install_seconds:.2f} s, "
        f"first answer {first_answer_seconds:.2f} s after the start."
    )
    show_next_steps(installed)


def leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in leaves(inner)]
    return [error]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "answers",
        nargs="?",
        type=Path,
        default=ROOT / "examples" / "workspace.yml",
        help="an answers file (default: examples/workspace.yml)",
    )
    run(parser.parse_args().answers)


def report(demo: Callable[[], None]) -> int:
    """Run a demo and return its exit status; what is not as expected goes to stderr."""
    # Windows consoles may use an encoding without arrows.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    status = 0
    try:
        demo()
    except* DemoError as group:
        status = 1
        for error in leaves(group):
            print(f"The demo failed: {error}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(report(main))
