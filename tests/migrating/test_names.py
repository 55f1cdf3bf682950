"""What the worklist says of names, compared with the SDKs that are installed and with a render."""

import ast
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from copier_mcp.migrating import names, uses
from copier_mcp.migrating.names import Change
from support import downloads
from support.environments import python_of, run
from support.renderer import Renderer

TESTS = Path(__file__).resolve().parents[1]
IMPORTED = {**names.MCP, **names.FASTMCP, **names.MODULES, **names.FASTMCP_MODULES}
TABLES: dict[str, Mapping[str, Change]] = {
    "imported": IMPORTED,
    "decorators": names.DECORATORS,
    "attributes": names.ATTRIBUTES,
    "arguments": names.ARGUMENTS,
    "contexts": names.CONTEXTS,
    "sessions": names.SESSIONS,
}
CHANGES = [(table, name) for table, changes in TABLES.items() for name in changes]

FIND = """
import importlib, importlib.util, json, sys
missing = []
for name in json.load(open(sys.argv[1])):
    module, rest = name.split("."), []
    if name.endswith(".websocket"):  # It cannot be imported without an extra.
        importlib.util.find_spec(name) or missing.append(name)
        continue
    while module:
        try:
            found = importlib.import_module(".".join(module))
            break
        except ModuleNotFoundError:
            rest.insert(0, module.pop())
    try:
        for part in rest:
            found = getattr(found, part)
    except (AttributeError, NameError):
        missing.append(name)
print(json.dumps(missing))
"""


def missing(requirements: str, wanted: list[str], directory: Path) -> list[str]:
    """Return which names the packages of some requirements do not have."""
    python = python_of(downloads.python(TESTS / requirements))
    listed = directory / "names.json"
    listed.write_text(json.dumps(wanted), "utf-8")
    done = run(python, "-W", "ignore", "-c", FIND, listed, directory=directory)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


def written(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names of the SDK in a text, each with the argument behind it, if there is one."""
    for code in re.findall(r"`([^`]+)`", text):
        if found := re.fullmatch(r"(mcp(?:\.\w+)+)(?:\((\w+)=…\))?", code):
            yield found[1], found[2] or ""


# SDK 2.x ------------------------------------------------------------------------------------------


@pytest.mark.quick
@pytest.mark.parametrize(("table", "name"), CHANGES)
def test_every_name_of_2_can_be_imported(table: str, name: str) -> None:
    now = TABLES[table][name].now
    found = [*written(now)]
    # No name is written in a way that this test does not see.
    assert now.count("`mcp.") == len(found)
    for full, argument in found:
        assert is_there(full), full
        if argument:
            owner = pkgutil.resolve_name(full)
            assert argument in inspect.signature(owner.__init__).parameters


def is_there(full: str) -> bool:
    """Return whether a name can be imported, or is what instances of an imported class have."""
    if uses.exists(full):
        return True
    owner, _, last = full.rpartition(".")
    found = pkgutil.resolve_name(owner)
    if last in getattr(found, "__annotations__", {}):
        return True
    return f"self.{last}" in inspect.getsource(found.__init__)


@pytest.mark.quick
def test_a_name_that_is_not_there_is_seen() -> None:
    assert not uses.exists("mcp.server.fastmcp")
    assert not uses.exists("mcp.McpError")
    assert not uses.exists("mcp.types.Cursor")
    assert not is_there("mcp.server.Server.no_such_thing")
    assert [*written("`mcp.server.Server(on_ping=…)` and `mcp.types`")] == [
        ("mcp.server.Server", "on_ping"),
        ("mcp.types", ""),
    ]


@pytest.mark.quick
def test_what_is_said_to_be_removed_is_no_longer_there() -> None:
    gone = [name for name, change in names.MCP.items() if change.now.startswith("removed")]
    assert gone
    assert [name for name in gone if uses.exists(name)] == []
    gone = [name for name, change in names.MODULES.items() if change.now.startswith("removed")]
    assert [name for name in gone if uses.exists(name)] == []


# 1.x and FastMCP ----------------------------------------------------------------------------------


def test_every_old_name_is_one_of_1_or_fastmcp(tmp_path: Path) -> None:
    old = [*IMPORTED, *names.ALIASES]
    sdk = [name for name in old if name.startswith("mcp.")]
    sdk += [f"mcp.server.fastmcp.Context.{name}" for name in ("report_progress", "elicit", "info")]
    sdk += [
        f"mcp.server.lowlevel.Server.{name}"
        for name, change in names.DECORATORS.items()
        if "Server(on_" in change.now
    ]
    assert missing("clients/python-sdk-1.txt", sdk, tmp_path) == []
    fastmcp = [name for name in old if name.startswith("fastmcp")]
    owners = [
        "fastmcp.FastMCP", "fastmcp.Context", "mcp.server.fastmcp.FastMCP",
        "mcp.server.fastmcp.Context", "mcp.server.lowlevel.Server", "mcp.ClientSession",
        "mcp.ServerSession",
    ]  # fmt: skip
    attributes = [*names.DECORATORS, *names.ATTRIBUTES, *names.CONTEXTS, *names.SESSIONS]
    wanted = [f"{owner}.{name}" for owner in owners for name in attributes]
    lacking = missing("clients/fastmcp-3.txt", [*fastmcp, *wanted], tmp_path)
    assert [name for name in lacking if name in fastmcp] == []
    # Instances have these; no class says so.
    on_instances = {"_mcp_server", "notification_handlers", "request_handlers", "settings"}
    nowhere = {name for name in attributes if all(f"{owner}.{name}" in lacking for owner in owners)}
    assert nowhere <= on_instances


def test_every_name_of_1_that_is_gone_is_known(tmp_path: Path) -> None:
    """All public names of the modules that servers import."""
    python = python_of(downloads.python(TESTS / "clients/python-sdk-1.txt"))
    code = (
        "import importlib, json\n"
        f"modules, packages = {MODULES_OF_1!r}, ('mcp', 'mcp.server', 'mcp.server.fastmcp')\n"
        "def is_public(module, value):\n"
        "    own = getattr(value, '__module__', 'typing' if module == 'mcp.types' else '')\n"
        "    return own == module or module in packages and own.startswith('mcp.')\n"
        "print(json.dumps([f'{module}.{name}' for module in modules\n"
        "    for name, value in vars(importlib.import_module(module)).items()\n"
        "    if not name.startswith('_') and '[' not in name and is_public(module, value)]))"
    )
    done = run(python, "-W", "ignore", "-c", code, directory=tmp_path)
    assert done.returncode == 0, done.stderr
    old: list[str] = json.loads(done.stdout)
    assert len(old) > 200
    unknown = {name for name in old if not uses.exists(name) and not names.change_of(name)}
    assert sorted(unknown) == sorted(INTERNAL)


MODULES_OF_1 = (
    "mcp", "mcp.server", "mcp.server.fastmcp", "mcp.server.fastmcp.exceptions",
    "mcp.server.lowlevel", "mcp.server.stdio", "mcp.server.session", "mcp.shared.exceptions",
    "mcp.shared.context", "mcp.shared.memory", "mcp.shared.session", "mcp.types",
    "mcp.client.session", "mcp.client.stdio", "mcp.client.sse", "mcp.client.streamable_http",
)  # fmt: skip
INTERNAL = {
    "mcp.server.session.InitializationState", "mcp.server.session.ServerSessionT",
    "mcp.shared.context.SessionT", "mcp.types.MethodT", "mcp.types.NotificationParamsT",
    "mcp.types.RequestParamsT",
}  # fmt: skip
"""What belonged to the SDK alone: the worklist says that it is gone."""


# A rendered project -------------------------------------------------------------------------------


def test_every_place_is_in_a_rendered_project(render: Renderer) -> None:
    prompts = [{"name": "summarise", "description": "Summarise it.", "arguments": {}}]
    chosen = {"http": True, "interactive": True, "example": True, "prompts": prompts}
    project = render.again(**chosen)
    files = {
        path.relative_to(root).as_posix()
        for root in (project.package, project.path)
        for path in root.rglob("*.py")
    }
    handed_on = (project.package / "runtime" / "__init__.py").read_text("utf-8")
    exported = set(re.findall(r'^    "(\w+)",$', handed_on, re.MULTILINE))
    settings = (project.package / "settings.py").read_text("utf-8")
    places = [TABLES[table][name].place for table, name in CHANGES]
    seen = {"file": 0, "runtime": 0, "setting": 0, "function": 0}
    for place in places:
        for file in re.findall(r"`([\w/]+\.py)`", place):
            assert file in files, place
            seen["file"] += 1
        for name in re.findall(r"`(\w+)`(?= from `runtime`)", place):
            assert name in exported, place
            seen["runtime"] += 1
        for name in re.findall(r"`(\w+)`(?: and `\w+`)? of `settings.py`", place):
            assert f"    {name}: " in settings, place
            seen["setting"] += 1
        for name, file in re.findall(r"`(\w+)` (?:in|of) `((?!settings)[\w/]+\.py)`", place):
            (path,) = [
                found for found in (project.package / file, project.path / file) if found.is_file()
            ]
            text = path.read_text("utf-8")
            assert re.search(rf"\b(def|class|type) {name}\b|^    {name}: ", text, re.MULTILINE), (
                place
            )
            seen["function"] += 1
    assert min(seen.values()) > 2, seen
    assert {"ask", "log", "ResourceNotFoundError", "ToolError"} <= exported
    tree = ast.parse((project.package / "runtime" / "resources.py").read_text("utf-8"))
    assert "completers" in ast.unparse(tree)
