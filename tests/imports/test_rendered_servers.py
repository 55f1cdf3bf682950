"""Servers that this template renders, imported: what was declared comes back."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml

from copier_mcp.importing.reading import Offer, read_server
from copier_mcp.importing.rendered import object_schema
from copier_mcp.importing.schemas import normal, same
from copier_mcp.importing.verb import answers_file
from support import declarations
from support.declared import EXAMPLES, answers_of, in_json, many
from support.reference import started
from support.rendering import Project, copy

pytestmark = pytest.mark.usefixtures("_asked_once")

SECONDS = 120

# What comes back of types is not what was declared, but says the same: test_recursive_types.py.
WITHOUT_TYPES = [path for path in EXAMPLES if "types" not in answers_of(path)]


def imported(project: Project) -> tuple[Offer, dict[str, Any], list[str]]:
    offer = asyncio.run(read_server(started(project), token="", seconds=SECONDS))
    text, lost = answers_file(offer)
    return offer, yaml.safe_load(text), lost


def schema_of(tool: dict[str, Any], part: str) -> Any:
    """Return the schema of a declared part of a tool, as clients see it."""
    if part in tool.get("schema", {}):
        return normal(tool["schema"][part])
    optional = part == "arguments"
    additional = tool.get("additional", False)
    more = part in additional if isinstance(additional, list) else optional and additional
    fields = in_json(tool.get(part) or {})
    return normal(object_schema(fields, optional=optional, additional=more), examples=True)


def compare(declared: dict[str, Any], found: dict[str, Any]) -> None:
    """Compare two declarations of one tool by what clients see."""
    for key in ("name", "title", "content"):
        assert found.get(key) == (None if declared.get(key) == "structured" else declared.get(key))
    assert found.get("description", "") == declared.get("description", "").strip()
    hints = declared.get("hints") or ()
    values = hints if isinstance(hints, dict) else dict.fromkeys(hints, True)
    back = found.get("hints") or ()
    assert values == (back if isinstance(back, dict) else dict.fromkeys(back, True))
    raw = declared.get("schema", {}).keys()
    assert found.get("schema", {}).keys() <= raw, found
    parts = ["arguments"] if "content" in found else ["arguments", "result"]
    for part in parts:
        assert same(schema_of(found, part), schema_of(declared, part)), part


@pytest.mark.parametrize("example", WITHOUT_TYPES, ids=lambda path: path.stem)
def test_a_declared_example_comes_back(example: Path, template: Path, tmp_path: Path) -> None:
    declared = answers_of(example)
    project = copy(template, tmp_path / "project", **declared)
    _, answers, lost = imported(project)
    assert lost == []
    assert answers["project_name"] == declared["project_name"]
    tools = {tool["name"]: tool for tool in answers["tools"]}
    assert tools.keys() == {tool["name"] for tool in declared["tools"]}
    for tool in declared["tools"]:
        # What a guess cannot know.
        content = {"content": "text"} if tool.get("content") == "none" else {}
        compare(tool | content, tools[tool["name"]])
    for kind in ("resources", "prompts"):
        found = {one["name"]: one for one in answers.get(kind, ())}
        assert found == {one["name"]: one for one in declared.get(kind, ())}


def test_many_generated_tools_come_back(template: Path, tmp_path: Path) -> None:
    declared = many(declarations.tools(least=1), 25)
    for tool in declared:
        # What a guess cannot know.
        if tool.get("content") not in (None, "structured"):
            tool["content"] = "text"
    project = copy(template, tmp_path / "project", project_name="Harbour Log", tools=declared)
    offer, answers, lost = imported(project)
    assert len(offer.tools) == len(declared) > 20
    tools = {tool["name"]: tool for tool in answers["tools"]}
    assert tools.keys() == {tool["name"] for tool in declared}
    for tool in declared:
        compare(tool, tools[tool["name"]])
    assert lost == []
