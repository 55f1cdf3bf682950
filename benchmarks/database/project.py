"""The servers that are measured: rendered with a database, and tools as an owner writes them."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.servers.contenders import Command, environment
from benchmarks.servers.environments import install, render

SCRIPT = "ledger"
ROWS = 1000
STATEMENTS = ("insert", "read")

_NUMBER = {"number": {"type": "int", "description": "A number.", "example": 1}}
_TOOLS = [
    {"name": name, "description": f"The tool {name}.", "arguments": _NUMBER, "result": _NUMBER}
    for name in ("nothing", *STATEMENTS)
]
_BARE = {
    "name": "bare",
    "description": "The seconds that the statements of a tool take without it, in the middle.",
    "arguments": {
        "statement": {"enum": [*STATEMENTS], "description": "Which.", "example": "read"},
        "times": {"type": "int", "description": "How often.", "example": 1},
    },
    "result": {"seconds": {"type": "float", "description": "The median.", "example": 0.1}},
}

_HANDLERS = '''"""The functions of the benchmark's tools."""

import statistics
import time

from ..lifespan import Context
from . import schemas
{imports}

async def nothing(
    arguments: schemas.NothingArguments, context: Context
) -> schemas.NothingResult:
    return schemas.NothingResult(number=arguments.number)


async def insert(arguments: schemas.InsertArguments, context: Context) -> schemas.InsertResult:
    async with context.lifespan_context.database.transaction() as connection:
        await connection.execute("{insert}", (arguments.number,))
    return schemas.InsertResult(number=arguments.number)


async def read(arguments: schemas.ReadArguments, context: Context) -> schemas.ReadResult:
    async with context.lifespan_context.database.snapshot() as connection:
        cursor = await connection.execute("{read}", (arguments.number % {rows} + 1,))
        row = await cursor.fetchone()
    assert row is not None
    return schemas.ReadResult(number=arguments.number)


async def bare(arguments: schemas.BareArguments, context: Context) -> schemas.BareResult:
    settings = context.lifespan_context.settings
    taken = []
    async with {connect} as connection:
        for number in range(arguments.times):
            begin = time.perf_counter()
            if arguments.statement == "insert":
                await connection.execute("{begin_writing}")
                await connection.execute("{insert}", (number,))
            else:
                await connection.execute("{begin_reading}")
                cursor = await connection.execute("{read}", (number % {rows} + 1,))
                await cursor.fetchone()
            await connection.execute("COMMIT")
            taken.append(time.perf_counter() - begin)
    return schemas.BareResult(seconds=statistics.median(taken))
'''


@dataclass(frozen=True, slots=True)
class Kind:
    """A database: how its driver is used, and what it is called in the settings."""

    name: str
    title: str
    setting: str
    words: dict[str, str]
    migration: str


SQLITE = Kind(
    "sqlite",
    "SQLite",
    "LEDGER_DATABASE_PATH",
    {
        "imports": "\nimport aiosqlite\n",
        "connect": "aiosqlite.connect(settings.database_path, autocommit=True)",
        "insert": "INSERT INTO entries (number) VALUES (?)",
        "read": "SELECT number FROM entries WHERE id = ?",
        "begin_writing": "BEGIN IMMEDIATE",
        "begin_reading": "BEGIN",
    },
    "CREATE TABLE entries (id INTEGER PRIMARY KEY, number INTEGER NOT NULL) STRICT;"
    "WITH RECURSIVE one (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM one LIMIT {rows})"
    " INSERT INTO entries SELECT number, number FROM one;",
)
POSTGRES = Kind(
    "postgres",
    "PostgreSQL",
    "LEDGER_DATABASE_URL",
    {
        "imports": "\nimport psycopg\n",
        "connect": "await psycopg.AsyncConnection.connect("
        "settings.database_url.get_secret_value(), autocommit=True)",
        "insert": "INSERT INTO entries (number) VALUES (%s)",
        "read": "SELECT number FROM entries WHERE id = %s",
        "begin_writing": "BEGIN",
        "begin_reading": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    },
    "CREATE TABLE entries (id serial PRIMARY KEY, number integer NOT NULL);"
    "INSERT INTO entries (number) SELECT generate_series(1, {rows});",
)


def make(directory: Path, kind: Kind) -> Path:
    """Render and install a server with this database, and return its command."""
    project = directory / "project"
    answers = {"project_name": "Ledger", "http": True, "tools": [*_TOOLS, _BARE]}
    render(project, answers | {"database": kind.name})
    package = project / "src" / "ledger"
    handlers = _HANDLERS.format(rows=ROWS, **kind.words)
    (package / "tools" / "handlers.py").write_text(handlers)
    (package / "migrations" / "0001_entries.sql").write_text(kind.migration.format(rows=ROWS))
    install(directory / "environment", str(project))
    return directory / "environment" / "bin" / SCRIPT


def command(script: Path, kind: Kind, location: str, port: int | None) -> Command:
    """Return how the server is started on this database, over HTTP where it has a port."""
    http = () if port is None else ("--transport", "http", "--port", str(port))
    variables = {kind.setting: location, "LEDGER_JSON_RESPONSE": "true"}
    return Command((str(script), *http), environment(variables), script.parent)
