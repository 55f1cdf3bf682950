"""Projects on SDK 1.x and FastMCP, those of others too: migrated, and rendered."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from support import checks, downloads
from support.environments import python_of, site_packages
from support.reference import REFERENCES
from support.rendering import Project, copy
from support.verbs import Run, runner

pytestmark = pytest.mark.usefixtures("_asked_once", "_compiled_once")

HERE = Path(__file__).parent
SERVERS = {
    "calculator": "sdk-1-servers.txt",
    "fetch": "sdk-1-servers.txt",
    "git": "sdk-1-servers.txt",
    "sqlite": "../imports/sqlite-server.txt",
    "time": "sdk-1-servers.txt",
}
FASTMCP = {"2": "fastmcp-2.txt", "3": "../clients/fastmcp-3.txt"}
ROW = re.compile(r"^\| (\w+) `([^`]+)` \| (.*) \| (.*) \|$", re.MULTILINE)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Migrate from a directory of its own."""
    monkeypatch.chdir(tmp_path)
    return runner(capfd, "migrate", "--timeout", "600")


def project_of(name: str, directory: Path) -> Path:
    """Return a project as its author has it: with its sources, and an environment in .venv."""
    environment = downloads.python((HERE / SERVERS[name]).resolve())
    package = f"mcp_server_{name}"
    shutil.copytree(site_packages(environment) / package, directory / "src" / package)
    script = f"mcp-server-{name}"
    (directory / "pyproject.toml").write_text(
        f'[project]\nname = "{script}"\n[project.scripts]\n{script} = "{package}:main"\n'
    )
    (directory / ".venv").symlink_to(environment, target_is_directory=True)
    return directory


def moves(directory: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """Return for each kind and name what stands in the first table."""
    text = (directory / "MIGRATION.md").read_text("utf-8").partition("\n## Names")[0]
    return {(kind, name): (found, place) for kind, name, found, place in ROW.findall(text)}


def line_of(found: str, project: Path) -> str:
    """Return the line of code that a cell names first."""
    path, line = re.findall(r"`([^`]+):(\d+)`", found)[0]
    lines = Path(project, path).read_text("utf-8").splitlines()
    return lines[int(line) - 1].strip()


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_of_others_is_migrated_and_its_places_are_there(
    name: str, run: Run, template: Path, tmp_path: Path
) -> None:
    original = project_of(name, tmp_path / name)
    if name == "sqlite":  # Without an argument it makes a database where it is started.
        command = REFERENCES["mcp-server-sqlite"].command(tmp_path)
        done = run(str(original), "--", *command)
    else:
        done = run(str(original))
    assert (done.status, done.err) == (0, "")
    answers = yaml.safe_load((tmp_path / "server.yml").read_bytes())
    project = copy(template, tmp_path / "rendered", **answers)
    checks.check_tests(project, "tests/test_declared.py")

    found = moves(tmp_path)
    for kind in ("tool", "resource", "prompt"):
        declared = [one["name"] for one in answers.get(f"{kind}s") or ()]
        assert [one for of, one in found if of == kind] == declared
        for one in declared:
            cell, place = found[kind, one]
            assert re.search(EXPECTED[name], line_of(cell, original)), cell
            assert is_rendered(place, project)
    # Nothing in the project has changed, and nothing there was imported.
    assert {path.name for path in original.iterdir()} == {".venv", "pyproject.toml", "src"}


EXPECTED = {
    "calculator": r"^async def calculate\(",
    "fetch": r"^async def (call_tool|get_prompt)\(",
    "git": r"^case GitTools\.\w+:$",
    "sqlite": r"name [!=]= |in |uri|^async def handle_",
    "time": r"^case TimeTools\.\w+\.value:$",
}
"""What is behind the tools."""


def is_rendered(place: str, project: Project) -> bool:
    function, file = re.findall(r"`([^`]+)`", place)
    text = (project.package / file).read_text("utf-8")
    return f"\nasync def {function}(" in text


@pytest.mark.parametrize("version", FASTMCP)
def test_a_server_on_fastmcp_is_migrated(
    version: str, run: Run, template: Path, tmp_path: Path
) -> None:
    original = tmp_path / "notes"
    original.mkdir()
    shutil.copy(HERE / "notes.py", original)
    python = python_of(downloads.python((HERE / FASTMCP[version]).resolve()))
    done = run(str(original), "-o", "notes.yml", "--", str(python), "notes.py")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("notes.yml: 4 tools, 1 resource, 1 prompt\n")
    assert done.out.endswith("MIGRATION.md: 1 lost, 0 not found\n")
    found = moves(tmp_path)
    lines = {key: line_of(cell, original) for key, (cell, _) in found.items()}
    assert lines == {
        ("tool", "search_notes"): "async def search_notes("
        "query: str, ctx: Context, limit: int = 10) -> list[str]:",
        ("tool", "note-count"): "def count() -> int:",
        ("tool", "remove_note"): "def remove(note_id: str) -> Result:",
        ("tool", "archive_find"): "def find(year: int) -> str:",
        ("resource", "note"): "def note(note_id: str) -> str:",
        ("prompt", "summarise"): "def summarise(note_id: str) -> str:",
        ("setting", "NOTES_ROOT"): 'ROOT = os.environ.get("NOTES_ROOT", ".")',
        (
            "lifespan",
            "open_notes",
        ): "async def open_notes(_: Any) -> AsyncIterator[dict[str, Any]]:",
        ("state", "CACHE"): "CACHE: dict[str, str] = {}",
    }
    assert [name for (_, name), (cell, _) in found.items() if cell.endswith("; not `async`")] == [
        "note-count", "remove_note", "archive_find", "note", "summarise",
    ]  # fmt: skip
    answers = yaml.safe_load((tmp_path / "notes.yml").read_bytes())
    project = copy(template, tmp_path / "rendered", **answers)
    for kind in ("tool", "resource", "prompt"):
        for (of, _), (_, place) in found.items():
            assert of != kind or is_rendered(place, project)
    text = (tmp_path / "MIGRATION.md").read_text("utf-8")
    for name in (
        "fastmcp.FastMCP", "fastmcp.Context", "fastmcp.exceptions.ToolError", "ctx.info",
        "fastmcp.tools.ToolResult", "fastmcp.server.dependencies.get_context", "@server.tool()",
        "ctx.report_progress", "FastMCP(lifespan=…)", "server.mount", "server.run",
    ):  # fmt: skip
        assert f"\n| `{name}` | `notes.py:" in text


def test_without_an_environment_uv_makes_one_with_the_packages_of_then(
    run: Run, tmp_path: Path, uv_project: Callable[[Path], Path]
) -> None:
    """A project says `mcp` without a bound: what resolves today cannot run it."""
    original = uv_project(tmp_path / "adder")
    before = {path.relative_to(original) for path in original.rglob("*")}
    done = run(str(original))
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("server.yml: 1 tool\n")
    assert {path.relative_to(original) for path in original.rglob("*")} == before


@pytest.fixture
def uv_project() -> Callable[[Path], Path]:
    """Write a project that nobody has installed."""

    def write(directory: Path) -> Path:
        directory.mkdir()
        (directory / "pyproject.toml").write_text(
            '[project]\nname = "adder"\nversion = "1"\ndependencies = ["mcp"]\n'
            'scripts = { adder = "adder:main" }\n'
            '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
            '[tool.hatch.build.targets.wheel]\ninclude = ["adder.py"]\n'
        )
        (directory / "adder.py").write_text(
            "from mcp.server.fastmcp import FastMCP\n\nmcp = FastMCP('Adder')\n\n\n"
            "@mcp.tool()\ndef add(a: int, b: int) -> int:\n    return a + b\n\n\n"
            "def main() -> None:\n    mcp.run()\n"
        )
        return directory

    return write
