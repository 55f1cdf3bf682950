"""The benchmark's tools, written into a copy of the rendered package as a user would write them.

They are the same as `toolset.py` gives to the alternatives.
"""

import compileall
import shutil
from pathlib import Path

from benchmarks.servers.toolset import ADD_DESCRIPTION, SEARCH_DESCRIPTION, search_names

_SCHEMAS = '''"""The models of the benchmark's tools."""

from typing import Literal

from pydantic import ConfigDict, Field

from ..runtime import Model


class AddArguments(Model):
    a: int = Field(description="The first number.")

    b: int = Field(description="The second number, which is not negative.", ge=0)

    model_config = ConfigDict(title="add arguments")


class AddResult(Model):
    sum: int = Field(description="The sum of both numbers.")

    model_config = ConfigDict(title="add result")
'''

_SEARCH_SCHEMAS = """

class {camel}Arguments(Model):
    query: str = Field(description="Words to look for.", min_length=1, max_length=200)

    limit: int = Field(default=10, description="How many entries to answer with.", ge=1, le=100)

    sort: Literal["newest", "oldest", "relevance"] = Field(
        default="relevance", description="Which entries come first."
    )

    label: str | None = Field(default=None, description="Only entries with this label.")

    model_config = ConfigDict(title="{name} arguments")


class {camel}Result(Model):
    entries: list[str] = Field(description="The entries that match, best first.")

    total: int = Field(description="How many entries match in all.")

    model_config = ConfigDict(title="{name} result")
"""

_HANDLERS = '''"""The functions of the benchmark's tools."""

from ..lifespan import Context
from . import schemas


async def add(arguments: schemas.AddArguments, context: Context) -> schemas.AddResult:
    """Add two numbers."""
    return schemas.AddResult(sum=arguments.a + arguments.b)
'''

_SEARCH_HANDLER = '''

async def {name}(
    arguments: schemas.{camel}Arguments, context: Context
) -> schemas.{camel}Result:
    """Answer a look-alike, which nobody calls."""
    return schemas.{camel}Result(entries=[arguments.query][: arguments.limit], total=1)
'''

_CATALOG = '''"""The catalog of the benchmark's tools."""

from typing import Any, Final

from ..runtime import Tool
from . import handlers, schemas

TOOLS: Final[tuple[Tool[Any, Any], ...]] = (
'''

_ENTRY = """    Tool(
        name="{name}",
        description="{description}",
        arguments=schemas.{camel}Arguments,
        result=schemas.{camel}Result,
        handler=handlers.{name},
    ),
"""


def write_overlay(package: Path, target: Path, tools: int) -> None:
    """Copy an installed package below `target`, with the benchmark's tools instead of its own."""
    copy = target / package.name
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    names = search_names(tools)
    _write(copy / "tools" / "schemas.py", _SCHEMAS, _SEARCH_SCHEMAS, names)
    _write(copy / "tools" / "handlers.py", _HANDLERS, _SEARCH_HANDLER, names)
    catalog = _CATALOG + _ENTRY.format(name="add", camel="Add", description=ADD_DESCRIPTION)
    entry = _ENTRY.replace("{description}", SEARCH_DESCRIPTION)
    _write(copy / "tools" / "catalog.py", catalog, entry, names, end=")\n")
    compileall.compile_dir(target, quiet=1)


def _write(path: Path, head: str, part: str, names: list[str], end: str = "") -> None:
    parts = (part.format(name=name, camel=name.title().replace("_", "")) for name in names)
    path.write_text(head + "".join(parts) + end)
