"""Servers that others have made: imported, rendered, and compared as clients see them."""

import asyncio
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from mcp import Client, StdioServerParameters, types

from copier_mcp.importing.reading import Offer, read_server
from copier_mcp.importing.schemas import normal, same
from copier_mcp.importing.verb import answers_file
from support import checks, fuzzing, schema_readings, schema_values
from support.checking import Check
from support.reference import REFERENCES, everything_over_http, started, variables
from support.rendering import ROOT, Project, copy

pytestmark = pytest.mark.usefixtures("_asked_once")

EXAMPLES = 25
"""Arguments for each tool, which are tried on both servers' schemas and on the rendered one."""
SECONDS = 120
DECLARED = "is declared, but not implemented yet."

PAGE = (ROOT / "docs" / "import-a-server.md").read_text("utf-8")


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All that a server may touch."""
    path = tmp_path / "served"
    path.mkdir()
    for name, text in variables(path).items():
        monkeypatch.setenv(name, text)
    monkeypatch.chdir(path)
    return path


def read(command: Sequence[str]) -> Offer:
    return asyncio.run(read_server(command, token="", seconds=SECONDS))


# What clients see -------------------------------------------------------------------------------


def seen(tool: types.Tool) -> dict[str, Any]:
    """Return what a client shows of a tool."""
    annotations = tool.annotations.model_dump(exclude_none=True) if tool.annotations else {}
    title = tool.title or annotations.pop("title", None)
    annotations.pop("title", None)
    return {
        "name": tool.name,
        "title": title,
        "description": (tool.description or "").strip(),
        "hints": annotations,
    }


def without_description(schema: dict[str, Any]) -> Any:
    return normal({key: schema[key] for key in schema if key != "description"})


def described(one: types.Resource | types.ResourceTemplate | types.Prompt) -> dict[str, Any]:
    dumped = one.model_dump(by_alias=True, exclude_none=True)
    kept = ("uri", "uriTemplate", "name", "title", "description", "mimeType")
    found = {key: dumped[key] for key in kept if key in dumped}
    arguments = [
        (one["name"], one.get("description"), bool(one.get("required")))
        for one in dumped.get("arguments", ())
    ]
    return found | {"arguments": arguments}


def compare_lists(theirs: Offer, ours: Offer, refused: set[str]) -> None:
    for kind in ("resources", "templates", "prompts"):
        expected = [described(one) for one in getattr(theirs, kind)]
        found = [described(one) for one in getattr(ours, kind)]
        key = lambda one: one["name"]  # noqa: E731
        expected = [one for one in expected if one["name"] not in refused]
        assert sorted(found, key=key) == sorted(expected, key=key)


async def compare_calls(
    project: Project, theirs: dict[str, types.Tool], ours: dict[str, types.Tool]
) -> tuple[int, list[str]]:
    """Return how many arguments were compared, and where the servers differ."""
    compared, differences = 0, []
    command, *rest = started(project)
    quiet = {f"{project.package.name}_LOG_LEVEL".upper(): "error"}
    parameters = StdioServerParameters(command=command, args=rest, env=quiet)
    async with Client(parameters) as client:
        for name, tool in ours.items():
            schema = theirs[name].input_schema
            for arguments in fuzzing.some(schema_values.arguments(normal(schema)), EXAMPLES):
                if not is_json(arguments):
                    continue
                expected = schema_readings.verdict(schema, arguments)
                found = schema_readings.verdict(tool.input_schema, arguments)
                result = await client.call_tool(name, arguments)
                text = "".join(part.text for part in result.content if part.type == "text")
                assert result.is_error
                compared += 1
                if found != expected or (expected is not None and expected != (DECLARED in text)):
                    differences.append(f"{name} {arguments}: {expected}, {found}, {text}")
    return compared, differences


def is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False).encode()
    except ValueError:
        return False
    return True


# The servers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", REFERENCES)
def test_a_server_is_imported_rendered_and_seen_as_it_was(
    package: str, directory: Path, template: Path, tmp_path: Path, check: Check
) -> None:
    theirs = read(REFERENCES[package].command(directory))
    text, lost = answers_file(theirs)
    assert check.mistakes(text) == []
    answers = yaml.safe_load(text)
    project = copy(template, tmp_path / "project", **answers)
    checks.check_style(project)
    checks.check_tests(project, "tests/test_declared.py")
    ours = read(started(project))

    refused = {found[1] for line in lost if (found := re.match(r"\w+\[\d+\] (.*?): name: ", line))}
    originals = {tool.name: tool for tool in theirs.tools}
    rendered = {tool.name: tool for tool in ours.tools}
    assert rendered.keys() == originals.keys() - refused
    for name, tool in rendered.items():
        original = originals[name]
        assert seen(tool) == seen(original)
        assert same(
            without_description(tool.input_schema), without_description(original.input_schema)
        )
        assert (tool.output_schema is None) == (original.output_schema is None)
        if tool.output_schema is not None and original.output_schema is not None:
            assert same(normal(tool.output_schema), normal(original.output_schema))
    compare_lists(theirs, ours, refused)

    compared, differences = asyncio.run(compare_calls(project, originals, rendered))
    assert differences == []
    tools = answers.get("tools") or []
    schemas = sum(len(tool.get("schema", {})) for tool in tools)
    parts = sum(1 + (tool.output_schema is not None) for tool in ours.tools)
    cells = (package, len(originals), len(rendered), parts, schemas, compared, len(differences))
    assert f"| {' | '.join(map(str, cells))} |\n" in PAGE


async def test_a_server_is_the_same_over_http(directory: Path) -> None:
    command = REFERENCES["server-everything"].command(directory)
    over_stdio = await read_server(command, token="", seconds=SECONDS)
    async with everything_over_http(directory) as url:
        over_http = await read_server([url], token="", seconds=SECONDS)
    assert over_http.tools
    assert answers_file(over_http) == answers_file(over_stdio)


def test_the_page_adds_its_table_up() -> None:
    rows = re.findall(r"^\| (?:mcp-)?server-[a-z-]+ \|(.*)\|$", PAGE, re.MULTILINE)
    assert len(rows) == len(REFERENCES)
    columns = zip(*([int(cell) for cell in row.split("|")] for row in rows), strict=True)
    totals = [sum(column) for column in columns]
    assert f"| all | {' | '.join(map(str, totals))} |\n" in PAGE
