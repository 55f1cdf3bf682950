"""Render a server with two tools, implement them, declare two more, update, and call all four.

`make demo-update` runs this. It doubles as a test: it ends with status 1 and a sentence when
anything is not as expected.
"""

import ast
import asyncio
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from demo import (
    ROOT,
    call_tool,
    command_of,
    expect,
    install,
    report,
    say,
    show,
    text_of,
)
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

BUILD = ROOT / "build" / "demo-update"
TEMPLATE = BUILD / "template"
ANSWERS = BUILD / "notes.yml"
PROJECT = BUILD / "notes"
HANDLERS = PROJECT / "src" / "notes" / "tools" / "handlers.py"

# What Copier reads of this repository.
PARTS = ("copier.yml", "macros", "template")
FIRST = ("delete_note", "list_notes")

# What the owner writes in the place of `raise NotImplementedError("…")`.
BODIES = {
    "delete_note": """\
    found = _NOTES.pop(arguments.note_id, None)
    return schemas.DeleteNoteResult(deleted=found is not None)
""",
    "list_notes": """\
    newest_first = sorted(_NOTES.items(), reverse=True)
    return schemas.ListNotesResult(titles=dict(newest_first[: arguments.limit]))
""",
}
NOTES = '_NOTES = {"n-16": "Rice pudding", "n-17": "Shopping"}\n'
CALLS: dict[str, dict[str, Any]] = {
    "add_note": {"title": "Garden"},
    "delete_note": {"note_id": "n-17"},
    "list_notes": {},
    "search_notes": {"query": "rice"},
}


def run(*command: str, directory: Path) -> str:
    """Show a command, run it, and return what it prints."""
    # In full, because Copier records the path of the template for later updates.
    shown = [shlex.quote(part).replace(str(BUILD), "$PWD") for part in command]
    say(f"    $ {' '.join(shown)}")
    identity = {"NAME": "Ada Example", "EMAIL": "ada@example.com"}
    names = {
        f"GIT_{role}_{key}": text
        for role in ("AUTHOR", "COMMITTER")
        for key, text in identity.items()
    }
    done = subprocess.run(
        [Path(sys.executable).with_name("copier"), *command[1:]]
        if command[0] == "copier"
        else command,
        cwd=directory,
        # Whatever hooks, signatures and templates the user of this machine has, they stay out.
        env=os.environ | names | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    expect(done.returncode == 0, f"{' '.join(shown)} failed: {done.stderr.strip()}")
    return done.stdout


def commit(directory: Path, message: str) -> None:
    if not (directory / ".git").exists():
        run("git", "init", "--quiet", directory=directory)
    run("git", "add", "--all", directory=directory)
    run("git", "commit", "--quiet", "--message", message, directory=directory)


def publish_template() -> None:
    """Make a version of the template as it is here, with what is not committed yet."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, TEMPLATE / part)
        else:
            shutil.copy(ROOT / part, TEMPLATE / part)
    commit(TEMPLATE, "The template")
    run("git", "tag", "v1.0.0", directory=TEMPLATE)


def declare(*names: str) -> None:
    """Write the answers file with these tools."""
    answers = yaml.safe_load((ROOT / "examples" / "notes.yml").read_text("utf-8"))
    answers["tools"] = [tool for tool in answers["tools"] if not names or tool["name"] in names]
    ANSWERS.write_text(yaml.safe_dump(answers, sort_keys=False), "utf-8")
    listed = ", ".join(tool["name"] for tool in answers["tools"])
    say(f"    {ANSWERS.name} declares {listed}")


def implement() -> None:
    source = HANDLERS.read_text("utf-8")
    for name, body in BODIES.items():
        stub = f'    raise NotImplementedError("{name}")\n'
        expect(stub in source, f"There is no stub of {name}.")
        source = source.replace(stub, body)
    begin = "# Copier writes handlers below this line"
    expect(begin in source, "There is no line where the handlers begin.")
    source = source.replace(begin, f"{NOTES}\n{begin}")
    HANDLERS.write_text(source, "utf-8", newline="\n")


def functions() -> dict[str, str]:
    """Return the source of each handler."""
    source = HANDLERS.read_text("utf-8")
    return {
        node.name: ast.unparse(node)
        for node in ast.parse(source).body
        if isinstance(node, ast.AsyncFunctionDef)
    }


def update() -> None:
    before = functions()
    run(
        "copier",
        "update",
        "--quiet",
        "--defaults",
        "--data-file",
        "../notes.yml",
        directory=PROJECT,
    )
    status = run("git", "status", "--porcelain", directory=PROJECT)
    expect(status, "The update changed nothing.")
    for line in status.splitlines():
        say(f"    {line}")
        expect("U" not in line[:2], f"The update has a conflict: {line}")
    after = functions()
    expect(list(after) == sorted(CALLS), f"The handlers are {list(after)}.")
    for name in FIRST:
        expect(after[name] == before[name], f"The update changed the handler of {name}.")
    expect(NOTES in HANDLERS.read_text("utf-8"), "The update lost a line.")
    say("    no conflict; delete_note and list_notes are what their owner wrote")


async def agree(
    context: ClientRequestContext,  # noqa: ARG001 (every such function is given it)
    params: ElicitRequestParams,
) -> ElicitResult:
    show("user     ", f"is asked “{params.message}”, and agrees")
    return ElicitResult(action="accept", content={})


async def converse(command: Path) -> None:
    with (BUILD / "server.log").open("w", encoding="utf-8") as errors:
        server = stdio_client(StdioServerParameters(command=str(command)), errlog=errors)
        async with asyncio.timeout(60), Client(server, elicitation_callback=agree) as client:
            tools = (await client.list_tools()).tools
            show("server ←", f"tools: {', '.join(tool.name for tool in tools)}")
            expect([tool.name for tool in tools] == sorted(CALLS), "Not all tools are listed.")
            for name, arguments in CALLS.items():
                result = await call_tool(client, name, arguments)
                if name in FIRST:
                    expect(not result.is_error, f"The tool {name} failed.")
                else:
                    expected = f"{name} is declared, but not implemented yet."
                    expect(text_of(result) == expected, f"The new tool {name} is no stub.")


def main() -> None:
    shutil.rmtree(BUILD, ignore_errors=True)
    TEMPLATE.mkdir(parents=True)
    say("A version of the template:")
    publish_template()
    say("\nA server with two tools:")
    declare(*FIRST)
    run(
        *("copier", "copy", "--quiet", "--defaults", "--data-file", "notes.yml"),
        *(str(TEMPLATE), "notes"),
        directory=BUILD,
    )
    commit(PROJECT, "Render the server")
    say("\nIts owner implements both:")
    implement()
    commit(PROJECT, "Implement delete_note and list_notes")
    say("\nTwo more are declared, one sorting before and one after:")
    declare()
    update()
    say("\nThe updated server, installed:")
    install(PROJECT)
    asyncio.run(converse(command_of(PROJECT, "notes")))
    say("\nAll as expected: four tools, two implemented and unchanged, two stubs, no conflict.")


if __name__ == "__main__":
    sys.exit(report(main))
