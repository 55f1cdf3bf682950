"""The tests of a rendered project and its owner: whose data they use, and what they count."""

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from support import checks
from support.environments import run, run_module
from support.renderer import Renderer
from support.rendering import Project, copy, files

# A server that keeps notes, as its owner would write it ------------------------------------------

SETTINGS = '''
    database: Path = Path.home() / "notes.db"
    """Where the notes are: looked up when the module is imported."""

    archive: Path = Field(default_factory=lambda: Path("~/archive.txt").expanduser())
    """What was deleted: looked up when the settings are read."""

    journal: Path = Path.cwd() / "journal.txt"
    """What was done."""
'''

MODELS = '''

class NoteArguments(Model):
    """Which note."""

    number: int = Field(description="Its number.")


class NotesResult(Model):
    """All notes."""

    numbers: list[int] = Field(description="Their numbers.")
'''

HANDLERS = '''

def _change(settings: Settings, statement: str, number: int) -> schemas.NotesResult:
    with closing(sqlite3.connect(settings.database)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS notes (number INTEGER UNIQUE)")
        if statement and not database.execute(statement, [number]).rowcount:
            raise ToolError("There is no such note.")
        rows = database.execute("SELECT number FROM notes").fetchall()
    with settings.journal.open("a") as journal:
        journal.write(statement)
    return schemas.NotesResult(numbers=[number for (number,) in rows])


async def add_note(arguments: schemas.NoteArguments, context: Context) -> schemas.NotesResult:
    """Add a note that is not there yet."""
    settings = context.lifespan_context.settings
    statement = "INSERT INTO notes VALUES (?)"
    return await asyncio.to_thread(_change, settings, statement, arguments.number)


async def count_notes(arguments: schemas.NoteArguments, context: Context) -> schemas.NotesResult:
    """Fail unless there is this note and no other."""
    result = await asyncio.to_thread(_change, context.lifespan_context.settings, "", 0)
    if result.numbers != [arguments.number]:
        raise ToolError(f"There are the notes {result.numbers}.")
    return result


async def delete_note(arguments: schemas.NoteArguments, context: Context) -> schemas.NotesResult:
    """Delete a note that is there, and all that was archived."""
    settings = context.lifespan_context.settings
    statement = "DELETE FROM notes WHERE number = ?"
    result = await asyncio.to_thread(_change, settings, statement, arguments.number)
    await asyncio.to_thread(settings.archive.unlink, missing_ok=True)
    return result
'''

IMPORTS = {
    "catalog": """from typing import Final

from ..runtime import AnyTool, Tool
from . import handlers, schemas
""",
    "handlers": """import asyncio
import sqlite3
from contextlib import closing

from ..lifespan import Context
from ..runtime import ToolError
from ..settings import Settings
from . import schemas
""",
    "schemas": """from pydantic import Field

from ..runtime import Model
""",
}

# The catalog is in another order than the calls.
ENTRIES = "".join(
    f"""    Tool(
        name="{name}",
        description="Do something to the notes.",
        arguments=schemas.NoteArguments,
        result=schemas.NotesResult,
        handler=handlers.{name},
        confirm={'"Delete it?"' if name == "delete_note" else None},
    ),
"""
    for name in ("delete_note", "count_notes", "add_note")
)
CALLS = """\
    "add_note": {"number": 1},
    "count_notes": {"number": 1},
    "delete_note": {"number": 1},
"""


def edit(path: Path, *changes: tuple[str, str]) -> None:
    source = path.read_text("utf-8")
    for old, new in changes:
        assert old in source, f"{path.name} has no {old!r} any more: mend this test"
        source = source.replace(old, new, 1)
    path.write_text(source, "utf-8", newline="\n")


def with_notes(project: Project) -> Project:
    """Write the notes into a project without the example."""
    edit(
        project.package / "settings.py",
        ('_"\n\n    log_level:', f'_"\n{SETTINGS}\n    log_level:'),
    )
    for name, text in (("catalog", ""), ("handlers", HANDLERS), ("schemas", MODELS)):
        path = project.package / "tools" / f"{name}.py"
        docstring, code = path.read_text("utf-8").split('"""\n', 1)
        code = re.sub(r"^(?:from|import) .*\n", "", code, flags=re.MULTILINE)
        path.write_text(f'{docstring}"""\n\n{IMPORTS[name]}{code}{text}', "utf-8", newline="\n")
    end = "    # The end of what Copier writes. What you add to the tools goes below.\n"
    edit(project.package / "tools" / "catalog.py", (end, end + ENTRIES))
    comment = "    # Your own tools go below: for each the arguments of a call that succeeds.\n"
    edit(project.path / "tests" / "conftest.py", (comment, comment + CALLS))
    return project


# Data -------------------------------------------------------------------------------------------


@pytest.fixture
def notes(
    render: Renderer, install: Callable[[Project], Path], tmp_path: Path
) -> tuple[Project, Path]:
    """A project that keeps notes, and the Python it is installed for."""
    project = render(http=True, interactive=True, example=False).copied_to(tmp_path / "project")
    return with_notes(project), install(project)


@pytest.fixture
def owner(tmp_path: Path) -> Path:
    """The home of somebody who has a note with the number that the tests use."""
    home = tmp_path / "home"
    home.mkdir()
    with sqlite3.connect(home / "notes.db") as database:
        database.execute("CREATE TABLE notes (number INTEGER UNIQUE)")
        database.execute("INSERT INTO notes VALUES (1)")
    database.close()
    (home / "archive.txt").write_text("everything")
    return home


def contents(directory: Path) -> Mapping[str, bytes]:
    return {name: path.read_bytes() for name, path in files(directory) if "__pycache__" not in name}


@pytest.mark.parametrize(
    "options",
    [checks.OWN_TESTS, ["-n", "2", "--cov", "--cov-report="]],
    ids=["plain", "all and parallel"],
)
def test_the_rendered_tests_use_no_data_and_no_settings_of_their_owner(
    notes: tuple[Project, Path], owner: Path, tmp_path: Path, options: Sequence[str]
) -> None:
    project, python = notes
    checks.check_tree(project)
    checks.measure_everything(project)
    (project.path / "journal.txt").write_text("mine")
    variables = {
        "HOME": str(owner),
        "USERPROFILE": str(owner),
        **{f"XDG_{name}_HOME": str(owner) for name in ("CACHE", "CONFIG", "DATA", "STATE")},
        "HARBOUR_LOG_ALLOWED_HOSTS": "nobody.example",
        "HARBOUR_LOG_DATABASE": str(owner / "notes.db"),
        "HARBOUR_LOG_LOG_LEVEL": "nonsense",
        "HARBOUR_LOG_TOOL_TIMEOUT": "0.001",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "PYTHONDONTWRITEBYTECODE": "1",
        "COVERAGE_FILE": str(tmp_path / "coverage"),
    }
    before = contents(owner), contents(project.path)
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'pytest'}")
    done = run(python, *command, *options, directory=project.path, **variables)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    assert (contents(owner), contents(project.path)) == before


def test_a_call_that_fails_names_the_answer(notes: tuple[Project, Path], tmp_path: Path) -> None:
    project, python = notes
    conftest = project.path / "tests" / "conftest.py"
    edit(conftest, ('"count_notes": {"number": 1}', '"count_notes": {"number": 2}'))
    options = (
        "-q",
        f"--basetemp={tmp_path / 'pytest'}",
        "-k",
        "succeeds or blocks or serves_every_tool",
    )
    done = run_module(project, "pytest", *options, python=python)
    failed = re.findall(r"^FAILED \S+::(\w+)", done.stdout, re.MULTILINE)
    assert len(failed) == 4, done.stdout
    assert done.stdout.count("There are the notes [1]") >= len(failed)


def test_a_tool_without_a_call_is_named_unless_it_is_a_stub(
    render: Renderer, tmp_path: Path
) -> None:
    project = with_notes(render(http=True, example=False).copied_to(tmp_path / "project"))
    edit(project.path / "tests" / "conftest.py", ('    "count_notes": {"number": 1},\n', ""))
    arguments = (project, "pytest", "-q", "-k", "tool_is_called")
    done = run_module(*arguments)
    assert "{'count_notes'} == set()" in done.stdout, done.stdout
    docstring = '"""Fail unless there is this note and no other."""\n'
    stub = f'{docstring}    raise NotImplementedError("count_notes")\n'
    edit(project.package / "tools" / "handlers.py", (docstring, stub))
    done = run_module(*arguments)
    assert "1 passed" in done.stdout, done.stdout


# Samples ----------------------------------------------------------------------------------------


def blocks(readme: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)


def test_what_the_readme_says_about_a_tool_and_its_test_fits_together(
    template: Path, type_cache: Path, tmp_path: Path
) -> None:
    name = {"project_name": "Harbour Log"}
    readme = (copy(template, tmp_path / "plain", **name).path / "README.md").read_text("utf-8")
    (declared,) = blocks(readme, "yaml")
    (sample,) = blocks(readme, "python")
    project = copy(template, tmp_path / "project", **name, **yaml.safe_load(declared))
    edit(
        project.package / "tools" / "handlers.py",
        (
            'raise NotImplementedError("convert_units")',
            "return schemas.ConvertUnitsResult(length=arguments.length * 5280)",
        ),
    )
    with (project.path / "tests" / "test_handlers.py").open("a", encoding="utf-8") as tests:
        tests.write(f"\n\n{sample}")
    checks.check_style(project)
    checks.check_types(project, type_cache)
    done = run_module(
        project, "pytest", "-q", "-k", "length_is_converted", "tests/test_handlers.py"
    )
    assert "2 passed" in done.stdout, done.stdout


OWN_FIXTURE = """

@pytest.fixture
async def own(settings: Settings) -> AsyncIterator[Client]:
    async with in_one_task(Client(build_server(settings))) as client:
        yield client


async def test_a_fixture_of_ones_own(own: Client, client: Client) -> None:
    assert (await own.list_tools()).tools == (await client.list_tools()).tools


@pytest.fixture
async def broken() -> AsyncIterator[None]:
    @asynccontextmanager
    async def manager() -> AsyncIterator[None]:
        raise LookupError("cannot be entered")
        yield

    async with in_one_task(manager()):
        yield


async def test_a_fixture_that_fails(broken: None) -> None: ...
"""


def test_fixtures_of_ones_own_may_open_what_has_a_task_group(
    render: Renderer, tmp_path: Path
) -> None:
    project = render(example=False).copied_to(tmp_path / "project")
    imports = (
        "from collections.abc import AsyncIterator\nfrom contextlib import asynccontextmanager\n"
        "import pytest\nfrom mcp import Client\nfrom runtime.helpers import in_one_task\n"
        "from harbour_log.server import build_server\nfrom harbour_log.settings import Settings\n"
    )
    (project.path / "tests" / "test_own.py").write_text(imports + OWN_FIXTURE)
    done = run_module(project, "pytest", "-q", "tests/test_own.py")
    assert "2 passed, 1 error" in done.stdout, done.stdout
    assert "cannot be entered" in done.stdout
