"""That one command removes the example, and nothing that the owner has added.

The owner writes into every file that is theirs, in places where it says so or where one would. What
comes out is compared with the same edits of a render that never had the example.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from support import checks
from support.changes import Declared
from support.environments import run
from support.own_code import CALL, with_own_code
from support.rendering import Project, commit
from support.updating import (
    VERSIONS,
    Projects,
    changes_of,
    copier_update,
    owned,
    write,
)

type Change = Callable[[str], str]


def below(line: str, added: str) -> Change:
    """Return the edit that adds something below a line."""
    return replaced(f"{line}\n", f"{line}\n{added}")


def above(line: str, added: str) -> Change:
    return replaced(f"{line}", f"{added}{line}")


def replaced(old: str, new: str) -> Change:
    def change(text: str) -> str:
        assert text.count(old) == 1, f"not there, or more than once: {old}"
        return text.replace(old, new)

    return change


def first_of(*changes: Change) -> Change:
    """Return the edit that is the first of these that fits."""

    def change(text: str) -> str:
        for one in changes[:-1]:
            with suppress(AssertionError):
                return one(text)
        return changes[-1](text)

    return change


def at_the_end(added: str) -> Change:
    return lambda text: f"{text}{added}"


DATABASE = '''"""What the owner's server depends on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Database:
    """A connection."""

    url: str


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Database]:
    """Open a connection."""
    yield Database(url)
'''

OWN_TESTS = '''"""Tests of the owner's."""

from mcp import Client

from harbour_log.settings import Settings


async def test_the_own_tool_returns_its_text(client: Client) -> None:
    result = await client.call_tool("own", {"text": "rice"})
    assert result.structured_content == {"text": "rice"}


def test_the_own_setting_is_read(settings: Settings) -> None:
    assert settings.database_url == "memory"
'''

NEW_FILES = {"src/harbour_log/database.py": DATABASE, "tests/test_own.py": OWN_TESTS}

SOURCE = "src/harbour_log"

EDITS: dict[str, list[Change]] = {
    f"{SOURCE}/tools/handlers.py": [
        above("# Copier writes handlers below", "_UNIT = 1\n\n"),
        replaced(
            "return schemas.OwnResult(text=arguments.text)",
            "return schemas.OwnResult(text=arguments.text * _UNIT)",
        ),
    ],
    f"{SOURCE}/tools/schemas.py": [
        above("# Copier writes models below", 'type Name = str\n"""A name."""\n\n'),
    ],
    f"{SOURCE}/settings.py": [
        first_of(
            replaced("Field, IPvAnyNetwork", "Field, IPvAnyNetwork, Json"),
            replaced("BeforeValidator, Field", "BeforeValidator, Field, Json"),
        ),
        below(
            '    variable_prefix = "HARBOUR_LOG_"',
            '''
    own_first: Json[int] | None = None
    """A setting above the others."""
''',
        ),
        below(
            "    # Your own settings go below.",
            '''
    database_url: str
    """Where the database is."""
''',
        ),
    ],
    f"{SOURCE}/lifespan.py": [
        above("from .settings import", "from .database import Database, connected\n"),
        below("    # What you open goes below.", "    database: Database\n"),
        first_of(
            above(
                "        runtime.background_tasks() as tasks,\n",
                "        connected(settings.database_url) as database,\n",
            ),
            replaced(
                "    async with runtime.background_tasks() as tasks:",
                "    url = settings.database_url\n"
                "    async with connected(url) as database, runtime.background_tasks() as tasks:",
            ),
        ),
        below("            # What you opened goes below.", "            database=database,\n"),
    ],
    f"{SOURCE}/__main__.py": [
        below("  %(prog)s read URI", "  %(prog)s call own '{}'\n"),
    ],
    "pyproject.toml": [
        below('    "anyio>=4.16",', '    "httpx>=0.28",\n'),
        below('    "pydantic>=2.12",', '    "sqlalchemy>=2",\n'),
        below('    "types-jsonschema>=4.25",', '    "types-requests>=2.32",\n'),
        below('"tests/**" = ["D", "S"]', '"migrations/**" = ["D"]\n'),
    ],
    "README.md": [
        replaced(
            "Nothing of its own yet: [add a tool](#add-a-tool).",
            "| kind | name |\n|---|---|\n| tool | `own` |\n\nOurs is the only one.",
        ),
        below("uv run harbour-log read URI", "uv run harbour-log call own '{}'\n"),
        below(
            "| `HARBOUR_LOG_MAX_REQUEST_BYTES` | `4194304` | bytes of the largest request |",
            "| `HARBOUR_LOG_DATABASE_URL` | none | where the database is |\n",
        ),
        above("## Test it\n", "## Our conventions\n\nNames are short.\n\n"),
        above("## Update it\n", "## Who looks after it\n\nThe harbour office.\n\n"),
    ],
    "tests/conftest.py": [
        below(
            "    # Your own tools go below: for each the arguments of a call that succeeds.",
            '    "own": {"text": "rice"},\n',
        ),
        below(
            '        # "database": directory / "notes.db",',
            '        "database_url": "memory",\n',
        ),
        replaced(
            "REQUIRED: dict[str, str] = {}", 'REQUIRED: dict[str, str] = {"database_url": "memory"}'
        ),
    ],
    "tests/test_handlers.py": [
        at_the_end(
            "\n\nasync def test_tools_are_listed(client: Client) -> None:\n"
            "    assert await client.list_tools()\n"
        ),
    ],
}
"""What the owner does to each file; the code is that of `own_code` besides."""

FILES_OF_THE_EXAMPLE = [
    f"{SOURCE}/runtime/files.py",
    "tests/runtime/test_files.py",
    "tests/test_workspace.py",
]


def with_edits(project: Project) -> Project:
    """Return the project after its owner has been at work, with everything committed."""
    write(project, with_own_code(owned(project)))
    for name, text in NEW_FILES.items():
        (project.path / name).write_text(text, "utf-8", newline="\n")
    for name, changes in EDITS.items():
        path = project.path / name
        text = path.read_text("utf-8")
        for change in changes:
            text = change(text)
        path.write_text(text, "utf-8", newline="\n")
    commit(project.path)
    return project


CHOSEN: Mapping[str, Declared] = {
    "stdio": {},
    "everything": {"http": True, "interactive": True, "skills": True, "github_user": "ada"},
    "a client for other servers": {"http_client": True},
}


@pytest.mark.parametrize("answers", CHOSEN.values(), ids=CHOSEN)
def test_the_example_goes_and_what_the_owner_added_stays(
    answers: Declared, projects: Projects, type_cache: Path, install: Callable[[Project], Path]
) -> None:
    project = with_edits(projects({"example": True, **answers}, VERSIONS[1]))
    expected = with_edits(projects({**answers, "example": False}, VERSIONS[1]))
    done = copier_update(project, {"example": False})
    assert done.returncode == 0, done.stderr
    changed = changes_of(project)
    gone = [name for name, state in changed.items() if "D" in state]
    assert gone == FILES_OF_THE_EXAMPLE
    assert all(f"git show HEAD:./{name}" in done.stderr for name in gone)
    assert not [name for name in changed if name.endswith(".rej")]
    assert not [name for name, state in changed.items() if "U" in state]
    commit(project.path)
    checks.check_same(project, expected)
    checks.check_style(project)
    checks.check_types(project, type_cache)
    python = install(project)
    checks.check_tests(project, *checks.OWN_TESTS, python=python)
    called = run(python, "-c", CALL, directory=project.path, HARBOUR_LOG_DATABASE_URL="memory")
    assert called.stdout.splitlines() == ["{'text': 'rice'}", "text", "tea"], called.stderr
