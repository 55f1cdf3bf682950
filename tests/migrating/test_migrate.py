"""The verb `migrate` on small and on hostile projects, whose server answers from a file."""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from copier_mcp.migrating.sources import MAX_BYTES, MAX_FILES
from support.verbs import Run, runner

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("_asked_once")]

SCRIPTED = Path(__file__).parents[1] / "imports" / "scripted.py"
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
INITIALIZED = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "Scripted", "version": "1"},
}
CODE = """\
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("Scripted")


@mcp.tool()
async def find() -> str:
    return ""
"""

type Migrate = Callable[..., tuple[int, str, str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    path.mkdir()
    (path / "server.py").write_text(CODE, "utf-8")
    return path


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return runner(capfd, "migrate")


@pytest.fixture
def migrate(run: Run, project: Path, tmp_path: Path) -> Migrate:
    """Migrate the project; its server has these tools."""

    def migrate(*options: str, tools: tuple[str, ...] = ("find",), **other: Any) -> Any:
        listed = [
            {"name": name, "description": "Find it.", "inputSchema": SCHEMA} for name in tools
        ]
        answers = {"initialize": INITIALIZED, "tools/list": {"tools": listed}} | other
        (tmp_path / "answers.json").write_text(json.dumps(answers), "utf-8")
        command = (sys.executable, str(SCRIPTED), str(tmp_path / "answers.json"))
        return run(str(project), *options, "--", *command)

    return migrate


def written() -> set[str]:
    return {path.name for path in Path().iterdir()}


def worklist() -> str:
    return Path("MIGRATION.md").read_text("utf-8")


# What is written ----------------------------------------------------------------------------------


def test_both_files_are_written_and_never_overwritten_without_force(migrate: Migrate) -> None:
    said = "server.yml: 1 tool\nMIGRATION.md: 0 lost, 0 not found\n"
    assert migrate() == (0, said, "")
    first = Path("server.yml").read_bytes(), worklist()
    there = "copier-mcp: server.yml is there already; write --force, or another name.\n"
    assert migrate() == (2, "", there)
    there = there.replace("server.yml", "MIGRATION.md")
    assert migrate("-o", "other.yml") == (2, "", there)
    assert not Path("other.yml").exists()
    assert migrate("--force")[0] == 0
    assert (Path("server.yml").read_bytes(), worklist()) == first
    assert migrate("-o", "other.yml", "-w", "other.md")[0] == 0
    assert written() == {"MIGRATION.md", "other.md", "other.yml", "server.yml"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-o", "MIGRATION.md"), "both files have the same name; write another one after -w."),
        (("-o", "no/server.yml"), "no/server.yml cannot be written: there is no such directory."),
        (("-o", ".", "--force"), ". is there already; write --force, or another name."),
        (("-w", "link", "--force"), "link is there already; write --force, or another name."),
    ],
)
def test_a_file_that_cannot_be_written_is_said_before_anything_starts(
    options: tuple[str, ...], said: str, migrate: Migrate
) -> None:
    Path("link").symlink_to("elsewhere")
    assert migrate(*options) == (2, "", f"copier-mcp: {said}\n")
    assert written() == {"link"}


def test_strict_fails_for_what_is_lost_or_not_found(migrate: Migrate) -> None:
    assert migrate("--strict")[0] == 0
    done = migrate("--strict", "--force", tools=("find", "made_while_it_runs"))
    # The one function of 1.x that all tools pass would be named, but there is none.
    assert done == (1, "server.yml: 2 tools\nMIGRATION.md: 0 lost, 1 not found\n", "")
    assert (
        "| tool `made_while_it_runs` | not found: it is made while the server runs |" in worklist()
    )
    info = INITIALIZED | {"instructions": "Be kind.\nAlways."}
    assert migrate("--strict", "--force", initialize=info)[0] == 1
    assert "- `instructions: Be kind. Always.`" in worklist()


# Where things are ---------------------------------------------------------------------------------

BEHIND = {
    "a decorator": (
        "@mcp.tool('other')\ndef _other(): ...\n@app.tool(name='find')\nasync def run(): ...",
        "server.py:12`, `run`",
    ),
    "a constant in a decorator": (
        "NAME = 'find'\n@mcp.tool(name=NAME)\nasync def run(): ...",
        "server.py:11`, `run`",
    ),
    "a call": (
        "def run(): ...\nmcp.add_tool(run, name='find')",
        "server.py:9`, `run`; not `async`",
    ),
    "a call of what a decorator returns": (
        "def run(): ...\nmcp.tool(name='find')(run)",
        "server.py:9`, `run`; not `async`",
    ),
    "a dictionary": ("async def run(): ...\nTOOLS = {'find': run}", "server.py:9`, `run`"),
    "a comparison": (
        """
async def search(): ...
@server.call_tool()
async def call(name, arguments):
    if name in ('find', 'look'):
        return await search()
""".lstrip(),
        "server.py:12`, its branch, which calls `search` at `server.py:9`",
    ),
    "a case": (
        """
from enum import Enum
class Tools(Enum):
    FIND = 'find'
async def call(name):
    match name:
        case Tools.FIND:
            return 1
""".lstrip(),
        "server.py:14`, its branch",
    ),
    "one function for all": (
        "@server.call_tool()\nasync def call(name, arguments): ...",
        "server.py:10`, `call`, through which every tool passes",
    ),
    "a text": ("TOOLS = ['find']", "server.py:9`, is named here; follow it from there"),
}


@pytest.mark.parametrize("how", BEHIND)
def test_the_function_behind_a_tool_is_found_however_it_is_registered(
    how: str, migrate: Migrate, project: Path
) -> None:
    code, found = BEHIND[how]
    head = 'from mcp.server import Server\n\nserver = Server("Scripted")\n\n\n\n\n\n'
    (project / "server.py").write_text(head + code, "utf-8")
    # What tests do is not what the server does.
    (project / "test_server.py").write_text("async def find(): ...", "utf-8")
    assert migrate()[0] == 0
    assert f"| tool `find` | `{found} | `find` in `tools/handlers.py` |" in worklist()


VALUES = {
    "os.environ['NOTES_ROOT']": "setting `NOTES_ROOT` | `server.py:11` | a field `notes_root` of "
    "`Settings` in `settings.py`, read from `SCRIPTED_NOTES_ROOT`",
    "os.getenv('ROOT', '.')": "setting `ROOT` | `server.py:11` | a field `root` of `Settings`",
    "os.getenv('SCRIPTED_ROOM')": "setting `SCRIPTED_ROOM` | `server.py:11` | a field `room` of "
    "`Settings` in `settings.py`, read from `SCRIPTED_ROOM`",
    "os.getenv('SCRIPTED_CLASS')": "setting `SCRIPTED_CLASS` | `server.py:11` | a field "
    "`scripted_class` of `Settings` in `settings.py`, read from `SCRIPTED_SCRIPTED_CLASS`",
    "parser.add_argument('-r', '--root-path')": "setting `--root-path` | `server.py:11` | a field "
    "`root_path` of `Settings` in `settings.py`, read from `SCRIPTED_ROOT_PATH`",
    "POOL = asyncpg.Pool()": "state `POOL` | `server.py:11` | a field of `AppState`",
    "NOTES = {}": "state `NOTES` | `server.py:11` | a field of `AppState` in `lifespan.py`",
    "def set():\n    global NOW\n    NOW = 1\nNOW = 0": "state `NOW` | `server.py:14` | a field",
    "class Config(BaseSettings): ...": "setting `Config` | `server.py:11` | its fields in "
    "`Settings` in `settings.py`, read from `SCRIPTED_…`",
}


@pytest.mark.parametrize("code", VALUES)
def test_settings_and_state_have_their_places(code: str, migrate: Migrate, project: Path) -> None:
    (project / "server.py").write_text(f"{CODE}import os\n\n{code}\n", "utf-8")
    assert migrate()[0] == 0
    assert f"| {VALUES[code]}" in worklist()


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("box: str, style: str = 'short'", "the default of `style` into the function: `'short'`"),
        (
            "box='a|b', *, style='`'",
            "`box` into the function: `'a¦b'`; write the default of `style`",
        ),
        (f"box: str, style={'not ' * 500}1", "the default of `style` into the function: `…`"),
        ("box: str, style: str | None = None", ""),
        ("box: str, style: str, ctx: Context = Depends(context)", ""),
    ],
)
def test_defaults_of_a_prompt_are_written_by_hand(
    parameters: str, said: str, migrate: Migrate, project: Path
) -> None:
    """What is declared says of an argument only that it may be left out."""
    code = f"{CODE}\n\n@mcp.prompt()\nasync def tidy({parameters}) -> str:\n    return style\n"
    (project / "server.py").write_text(code, "utf-8")
    listed = {"name": "tidy", "arguments": [{"name": "box", "required": True}, {"name": "style"}]}
    capabilities = INITIALIZED | {"capabilities": {"tools": {}, "prompts": {}}}
    answers = {"initialize": capabilities, "prompts/list": {"prompts": [listed]}}
    assert migrate(**answers)[0] == 0
    (row,) = (line for line in worklist().splitlines() if line.startswith("| prompt `tidy` |"))
    assert said in row
    assert ("default" in row) == bool(said)


NAMES = {
    "from mcp import McpError\nraise McpError(None)": (
        "`mcp.McpError` | `server.py:1, 2` | `mcp.MCPError`, called with code and message"
    ),
    "import mcp.types as t\nt.Tool(inputSchema={})": (
        "`inputSchema=` | `server.py:2` | `input_schema`; "
    ),
    "import mcp\ntool: mcp.types.Tool\ntool.inputSchema": "`.inputSchema` | `server.py:3` | ",
    "from mcp.types import Cursor as C": "`mcp.types.Cursor` | `server.py:1` | removed; write ",
    "import mcp.shared.progress": "`mcp.shared.progress` | `server.py:1` | `mcp.server.session.",
    "from mcp.types import MethodT": "`mcp.types.MethodT` | `server.py:1` | removed | see the ",
    "from mcp.server.lowlevel import Server\nsrv = Server('x')\nsrv.request_context": (
        "`server.request_context` | `server.py:3` | removed; it is the first argument"
    ),
    "from mcp.server.fastmcp import FastMCP\nFastMCP('x', port=1)": (
        "`FastMCP(port=…)` | `server.py:2` | "
    ),
    """from mcp.server.fastmcp import FastMCP
class A:
    def __init__(self):
        self.mcp = FastMCP('x')
    def go(self):
        self.mcp.run()""": "`server.run` | `server.py:6` | ",
    """from mcp.server.fastmcp import FastMCP as F
def add(mcp: F):
    @mcp.tool()
    def x(): ...""": "`@server.tool()` | `server.py:3` | `mcp.server.mcpserver.MCPServer.tool`",
    """from mcp.server.fastmcp import Context
async def f(c: Context | None):
    c.info('x')""": "`ctx.info` | `server.py:3` | ",
    "from fastmcp.contrib.bulk_tool_caller import BulkToolCaller": (
        "`fastmcp.contrib.bulk_tool_caller.BulkToolCaller` | `server.py:1` | no counterpart"
    ),
}


@pytest.mark.parametrize("code", NAMES)
def test_a_name_that_changed_is_listed_with_its_places(
    code: str, migrate: Migrate, project: Path
) -> None:
    (project / "server.py").write_text(f"{code}\n", "utf-8")
    assert migrate()[0] == 0
    assert f"\n| {NAMES[code]}" in worklist()


def test_names_that_did_not_change_are_only_named(migrate: Migrate, project: Path) -> None:
    (project / "server.py").write_text("from mcp.types import INVALID_PARAMS, Root\n", "utf-8")
    assert migrate()[0] == 0
    assert "\nThe same in SDK 2.x: `mcp.types.INVALID_PARAMS`, `mcp.types.Root`.\n" in worklist()


# Hostile projects ---------------------------------------------------------------------------------


def test_what_cannot_be_parsed_is_named_and_the_rest_is_read(
    migrate: Migrate, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.py").write_text("from mcp import McpError\n", "utf-8")
    (project / "link.py").symlink_to(tmp_path / "secret.py")
    (project / "loop").symlink_to(project, target_is_directory=True)
    (project / "binary.py").write_bytes(b"\0\xff")
    (project / "broken.py").write_text("def (:\n", "utf-8")
    (project / "deep.py").write_text("(" * 100_000, "utf-8")
    (project / "tall.py").write_text("x = " + "-" * 500_000 + "1", "utf-8")
    (project / "large.py").write_bytes(b"#" * (MAX_BYTES + 1))
    (project / "latin.py").write_bytes("# -*- coding: latin-1 -*-\nÜ = '\\d'\n".encode("latin-1"))
    (project / "none.py").write_bytes(b"# -*- coding: none -*-\n")
    os.mkfifo(project / "pipe.py")
    (project / ".venv").mkdir()
    (project / ".venv" / "other.py").write_text("from mcp import McpError\n", "utf-8")
    status, out, err = migrate()
    assert (status, err) == (0, "")
    assert out.endswith("MIGRATION.md: 0 lost, 0 not found\n")
    _, _, unread = worklist().partition("\n## Not read\n")
    names = re.findall(r"^- `(\w+\.py): \S", unread, re.MULTILINE)
    assert names == ["binary.py", "broken.py", "deep.py", "large.py", "none.py", "tall.py"]
    assert "`large.py: is larger than 1 MiB`" in unread
    assert "McpError" not in worklist()
    assert migrate("--strict", "--force")[0] == 1


def test_names_without_end_are_not_followed(migrate: Migrate, project: Path) -> None:
    (project / "endless.py").write_text(f"from mcp{'. a' * 5_000} import b\n", "utf-8")
    (project / "dots.py").write_text(f"import mcp as sdk\nsdk{'.a' * 90}\n", "utf-8")
    (project / "long.py").write_text(f"import mcp as sdk\nsdk.{'a' * 900_000}\n", "utf-8")
    assert migrate()[0] == 0
    assert "- `endless.py: has a name of more than 100 parts`\n" in worklist()
    assert f"| `mcp{'.a' * 11}` | `dots.py:2` | removed |" in worklist()
    assert len(worklist()) < 10_000


def test_of_too_many_files_the_first_are_read(
    migrate: Migrate, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copier_mcp.migrating.sources.MAX_FILES", 3)
    for number in range(5):
        (project / f"m{number}.py").write_text(CODE, "utf-8")
    assert migrate()[0] == 0
    said = f"more than {MAX_FILES:,} files: the others are not looked at"
    assert f"- `{said.replace('5,000', '3')}`\n" in worklist()


def test_of_too_much_code_the_first_files_are_read(
    migrate: Migrate, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copier_mcp.migrating.sources.MAX_NODES", 1000)
    for number in range(3):
        (project / f"z{number}.py").write_text(f"x = [{'a,' * 300}]\n", "utf-8")
    assert migrate()[0] == 0
    _, _, unread = worklist().partition("\n## Not read\n")
    assert "- `too much code: z2.py and what comes after it are not looked at`\n" in unread


def test_names_of_others_cannot_break_the_tables(migrate: Migrate, project: Path) -> None:
    (project / "server.py").write_text(CODE + "import os\nos.getenv('a|`\\n| b')\n", "utf-8")
    assert migrate(tools=("find", "fi|`nd"))[0] == 0
    rows = [line for line in worklist().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {4, 5}
    assert "| setting `a¦' ¦ b` | `server.py:10` |" in worklist()
    assert "| tool `fi¦'nd` | not found" in worklist()


def test_a_server_that_nobody_can_declare_is_in_the_worklist(migrate: Migrate) -> None:
    assert migrate(tools=("find", "Find"))[0] == 0
    assert "| refused: a comment in `server.yml` says why |\n" in worklist()


# What cannot be started ---------------------------------------------------------------------------

HOW = "write after -- the command that starts the server, as in: -- uv run python server.py"
PROJECTS = {
    None: f"{{file}}: No such file or directory; {HOW}",
    "": f"{{file}} has no [project.scripts]; {HOW}",
    "project = 1\ntool = []": f"{{file}} has no [project.scripts]; {HOW}",
    "[": f"{{file}}: .*; {HOW}",
    "[project.scripts]\na = 'x:y'\nb = 'x:z'": f"{{file}} has several scripts, a, b; {HOW}",
    "[project.scripts]\na = 'x:y'": f"a is not installed in {{venv}}, and there is no uv .*; {HOW}",
    "[tool.poetry.scripts]\na = 'x:y'": f"a is not installed in {{venv}}, .*; {HOW}",
    "[project]\nname = 'b'\nscripts = {a = 'x:y', b = 'x:z'}": f"b is not installed in .*; {HOW}",
}


@pytest.mark.parametrize("text", PROJECTS)
def test_a_project_without_a_command_says_what_to_write(
    text: str | None, run: Run, project: Path
) -> None:
    file = project / "pyproject.toml"
    if text is not None:
        file.write_text(text, "utf-8")
    done = run(str(project))
    assert (done.status, done.out) == (2, "")
    places = {"file": re.escape(str(file)), "venv": re.escape(str(project / ".venv"))}
    said = PROJECTS[text].replace("[p", r"\[p").replace("s]", r"s\]").format(**places)
    assert re.fullmatch(f"copier-mcp: {said}\n", done.err), done.err
    assert written() == set()


@pytest.mark.parametrize(
    ("locked", "options"),
    [
        (True, "run --quiet --frozen --isolated --no-dev notes"),
        (False, "tool run --quiet --from {project} --with mcp<2 notes"),
    ],
)
def test_uv_installs_what_the_project_was_made_for(
    locked: bool, options: str, run: Run, project: Path, tmp_path: Path
) -> None:
    """The lock file says it; without one, it is SDK 1.x."""
    (project / "pyproject.toml").write_text("[project.scripts]\nnotes = 'x:y'\n", "utf-8")
    if locked:
        (project / "uv.lock").touch()
    uv = tmp_path / "uv"
    uv.write_text('#!/bin/sh\necho "$*" >&2\n', "utf-8")
    uv.chmod(0o755)
    done = run(str(project))
    said = options.format(project=project)
    assert done.status == 2
    assert done.err.endswith(f"ended before it had answered; its stderr was:\n  {said}\n")


def test_the_command_runs_in_the_directory_of_the_project(run: Run, project: Path) -> None:
    script = project / "here.sh"
    script.write_text("#!/bin/sh\npwd >&2\n", "utf-8")
    script.chmod(0o755)
    done = run(str(project), "--timeout", "60", "--", "./here.sh")
    assert (done.status, done.out) == (2, "")
    assert done.err.endswith(f"\n  {project.resolve()}\n")


def test_a_directory_without_a_server_is_explained(run: Run, tmp_path: Path) -> None:
    said = "copier-mcp: nowhere is no directory; write that of the project.\n"
    assert run("nowhere") == (2, "", said)
    (tmp_path / "empty").mkdir()
    said = (
        f"copier-mcp: no Python file in {tmp_path / 'empty'} imports mcp or fastmcp; "
        "write the directory of the project.\n"
    )
    assert run(str(tmp_path / "empty")) == (2, "", said)


# The command line ---------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("a", "--timeout", "0"), ("a", "--no")])
def test_wrong_options_are_explained(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("usage: copier-mcp ")


def test_help_has_an_example(run: Run) -> None:
    done = run("--help")
    assert done.status == 0
    assert "usage: copier-mcp migrate [options] DIRECTORY [-- COMMAND" in done.out
    assert "\n  copier-mcp migrate ../notes-server\n" in done.out
    for word in ("--output", "--worklist", "--force", "--strict", "--timeout", "exit status:"):
        assert word in done.out


def test_long_work_shows_a_terminal_how_far_it_is(
    migrate: Migrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10**6, 2))
    monkeypatch.setattr("copier_mcp.check.verb.time.monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    err = migrate()[2]
    assert "\r\x1b[Kreading the code: 0 of 1" in err
    assert "\r\x1b[Kreading the server: 0 of 120" in err
