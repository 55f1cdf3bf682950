"""Types that fields share: what they render to, and what servers with them do."""

import itertools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from support import checks, declarations
from support.checks import ANSWERS_FILE
from support.environments import run_module
from support.layouts import LONG, MOST, longest_run, regions, typed
from support.rendering import Project, copy, files

PARTS = {
    name: {("example" if key == "default" else key): part for key, part in field.items()}
    for name, field in LONG.items()
}
TYPES: dict[str, Any] = {
    # In itself: by a list, what may be null, what may be missing, and another type.
    "Category": {
        "description": "A category of products.",
        "fields": {
            "name": typed("str", pattern="^[a-z]+$", example="books", max_length=9),
            "children": typed("list[Category]", required=False),
            "above": typed("Category | None"),
            "shelf": typed("Shelf", required=False),
            "colors": typed("list[Color]", unique=True, max_length=2),
        },
    },
    "Shelf": {
        "description": 'It has "quotes",\ntwo lines and \\ backslashes.',
        "additional": True,
        "fields": {
            "size": typed("decimal", ge=1),
            "inner": {"fields": {"shelf": typed("dict[str, Shelf | None]", max_length=2)}},
            "update": typed("Update", example={"at": "2026-01-31"}),
            "none": typed("int | None", required=False),
            "some": typed("int", required=False),
        },
    },
    "Color": {"description": "Which color.", "enum": ["red", 1, True]},
    "Update": {"fields": {"at": typed("date"), "subobject": typed("Subobject", required=False)}},
    # One of several, of which the first has no end without the second.
    "Subobject": {
        "description": "One of two. " * 20,
        "tag": "Sort of",
        "one_of": {
            "all": {"fields": {"all": typed("list[Subobject]", min_length=1)}, "additional": True},
            "one": {"description": "One.", "fields": {"wait": typed("duration")}},
        },
    },
    "Long": {"fields": PARTS},
    "LongChoice": {"description": "x" * 90, "enum": ["x" * 60, "天" * 60, "y"]},
    "OneChoice": {"description": "One.", "enum": ["天" * 90]},
}  # fmt: skip
UNNAMED = {
    name: {key: part for key, part in field.items() if key != "model"}
    for name, field in PARTS.items()
}
TOOLS = [
    {
        "name": "show_category",
        "description": "Show a category.",
        "arguments": {
            "within": typed("Category"),
            "color": typed("Color", default="red"),
            "maybe": typed("Shelf | None"),
            "subobjects": typed("list[Subobject]", max_length=2),
            "either": {"fields": {"shelf": typed("Shelf"), "choice": typed("OneChoice")}},
        },
        "result": {
            "category": {"type": "Category"},
            "shelves": typed("dict[str, Shelf | None]", required=False),
            "choice": typed("LongChoice"),
        },
    },
    {"name": "long", "arguments": {"long": typed("Long", required=False)}, "result": UNNAMED},
    {"name": "other", "content": "text"},
]
ANSWERS = {"project_name": "Harbour Log", "types": TYPES, "tools": TOOLS, "resources": []}


def test_shared_types_pass_their_tests(
    template: Path, install: Callable[[Project], Path], type_cache: Path, tmp_path: Path
) -> None:
    project = copy(template, tmp_path / "project", **ANSWERS, example=True, http=True)
    checks.check_tree(project)
    checks.check_layout(project)
    checks.check_no_leftovers(project)
    checks.check_style(project)
    checks.check_types(project, type_cache)
    shared = [lines for lines in regions(project) if lines[0].split()[2] in TYPES]
    assert len(shared) == len(TYPES)
    for lines in shared:
        assert longest_run(lines) <= MOST
    tests = (
        "tests/test_declared.py",
        "tests/test_server.py",
        "tests/runtime/test_tools.py",
        "tests/runtime/test_mock.py",
    )
    checks.check_tests(project, *tests, python=install(project))


def drawn() -> dict[str, Any]:
    """Return types that nobody wrote, many of which use each other."""
    found: list[dict[str, Any]] = []

    @settings(
        max_examples=4,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.tuples(*(declarations.shared_types(f"N{number}") for number in range(5))))
    def collect(types: tuple[dict[str, Any], ...]) -> None:
        found.append(dict(itertools.chain(*(one.items() for one in types))))

    collect()
    return max(found, key=len)


def test_types_that_nobody_wrote_pass_their_tests(
    template: Path, type_cache: Path, tmp_path: Path
) -> None:
    types = drawn()
    tools = [
        {
            "name": f"use_{number}",
            "description": f"Use it: {number}.",
            "arguments": {"one": typed(f"{name} | None"), "many": typed(f"list[{name}]")},
            "result": {"one": typed(name)},
        }
        for number, name in enumerate(types)
    ]
    answers = {"project_name": "Harbour Log", "types": types, "tools": tools}
    project = copy(template, tmp_path / "project", **answers)
    checks.check_style(project)
    checks.check_types(project, type_cache)
    for lines in regions(project):
        assert longest_run(lines) <= MOST, "\n".join(lines)
    understood = "tests/test_server.py::test_models_can_understand_the_tools"
    checks.check_tests(project, "tests/test_declared.py", understood)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('pattern="^[a-z]+$"', 'pattern="^[a-z]*$"'),
        (", max_length=9", ""),
        ("    above: ", "    over: "),
        ("books", "book"),
        ("at: datetime.date = Field", "at: str = Field"),
        (' = Field(default=None, description="What.")', ' = Field(description="What.")'),
        ('"red", 1, True', '"red", 1'),
        ("A category of products.", "A category."),
        ('extra="allow", title="Subobject all"', 'title="Subobject all"'),
    ],
)
def test_a_type_that_is_not_as_declared_fails_the_rendered_tests(
    template: Path, tmp_path: Path, before: str, after: str
) -> None:
    project = copy(template, tmp_path / "project", **ANSWERS)
    path = project.package / "tools" / "schemas.py"
    source = path.read_text("utf-8")
    assert before in source
    path.write_text(source.replace(before, after, 1), "utf-8")
    done = run_module(project, "pytest", "-q", "tests/test_declared.py", "-k", "as_declared")
    assert done.returncode == 1, done.stdout
    assert "as_declared" in done.stdout


PET = {
    "fields": {
        "name": typed("str", example="Rex"),
        "born": typed("date", required=False),
        "mother": typed("Pet", required=False),
    }
}
API = {"http_client": True, "api": {"url": "https://pets.example/v1"}}
ADD = {
    "name": "add_pets",
    "description": "Add pets to the shop.",
    "arguments": {"pet": typed("Pet"), "others": typed("list[Pet]", required=False)},
    "result": {"pets": typed("list[Pet]")},
    "http": {"method": "post", "path": "/pets", "result": "pets"},
}


def test_an_api_takes_and_returns_shared_types(
    template: Path, type_cache: Path, tmp_path: Path
) -> None:
    answers = {"project_name": "Harbour Log", "types": {"Pet": PET}, "tools": [ADD]} | API
    project = copy(template, tmp_path / "project", **answers)
    checks.check_style(project)
    checks.check_types(project, type_cache)
    checks.check_tests(project, "tests/test_declared.py", "tests/runtime/test_api.py")


@pytest.mark.parametrize("lists", [{}, {"tools": []}, {"tools": [{"name": "restart"}]}], ids=str)
def test_types_may_be_there_for_no_tool(
    template: Path, type_cache: Path, tmp_path: Path, lists: dict[str, Any]
) -> None:
    answers = {"project_name": "Harbour Log", "types": TYPES, "example": False}
    project = copy(template, tmp_path / "project", **answers, **lists)
    checks.check_style(project)
    checks.check_types(project, type_cache)
    if lists.get("tools"):
        checks.check_tests(project, "tests/test_declared.py")


def test_python_3_14_needs_no_quotes(template: Path, type_cache: Path, tmp_path: Path) -> None:
    older = copy(template, tmp_path / "older", **ANSWERS)
    newer = copy(template, tmp_path / "newer", **ANSWERS, python_version="3.14")
    checks.check_style(newer)
    checks.check_types(newer, type_cache)
    source = (newer.package / "tools" / "schemas.py").read_text("utf-8")
    assert "children: Omittable[list[Category]] = " in source
    source = (older.package / "tools" / "schemas.py").read_text("utf-8")
    assert 'children: "Omittable[list[Category]]" = ' in source
    # What stands above is there already.
    assert "colors: Unique[list[Color]] = " not in source
    assert "subobject: Omittable[Subobject] = " in source


def test_without_types_nothing_differs(template: Path, tmp_path: Path) -> None:
    tools = [TOOLS[2]]
    for name, types in (("without", {}), ("null", {"types": None}), ("empty", {"types": {}})):
        copy(template, tmp_path / name, project_name="Harbour Log", tools=tools, **types)
    without = dict(files(tmp_path / "without"))
    for name in ("null", "empty"):
        for file, path in files(tmp_path / name):
            if (name, file) != ("empty", ANSWERS_FILE):
                assert path.read_bytes() == without[file].read_bytes(), file
    assert "types" not in yaml.safe_load(without[ANSWERS_FILE].read_bytes())


def test_types_come_in_the_order_of_their_names(template: Path, tmp_path: Path) -> None:
    one = copy(template, tmp_path / "one", **ANSWERS)
    turned = dict(reversed(TYPES.items()))
    other = copy(template, tmp_path / "two", **(ANSWERS | {"types": turned}))
    for path in sorted(one.package.rglob("*.py")):
        same = other.path / path.relative_to(one.path)
        assert path.read_bytes() == same.read_bytes(), path.name


CALLS = """
import asyncio, json, sys, time
from pathlib import Path
from mcp import Client
from harbour_log.runtime.models import validate_arguments, describe_errors
from harbour_log.tools import schemas
from pydantic import ValidationError

def said(arguments):
    before = time.process_time()
    try:
        validate_arguments(schemas.ShowArguments, arguments)
    except ValidationError as error:
        lines = list(describe_errors(error))
    except RecursionError:
        lines = ["RecursionError"]
    else:
        lines = []
    return lines, time.process_time() - before

print(json.dumps([said(one) for one in json.load(sys.stdin)]))
"""
"""Validates arguments, and says what clients would read, and how long that took."""

NODES = {
    "Node": {
        "fields": {
            "word": typed("str", pattern=r"^(\w{0,8}\w{0,8}){1,12}$", required=False),
            "nodes": typed("list[Node]", required=False),
            "part": typed("Part | None", required=False),
        }
    },
    "Part": {
        "tag": "kind",
        "one_of": {
            "leaf": {"fields": {"sure": {"enum": [True, 1]}}},
            "pair": {"fields": {"left": typed("Part"), "right": typed("Part")}},
        },
    },
}


def deep(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(levels):
        found = {"nodes": [found]}
    return found


LEAF = {"kind": "leaf", "sure": True}
WRONG_TAG = {"kind": "pair", "left": LEAF, "right": {"kind": "leaves"}}
ARGUMENTS: list[tuple[dict[str, Any], list[str]]] = [
    (deep(50), []),
    (deep(150), ["arguments: Invalid JSON: recursion limit exceeded"]),
    ({"nodes": [{"nodes": None}]}, ["node.nodes.0.nodes: Input should be a valid array"]),
    # Of a list the first that does not fit, however deep.
    ({"nodes": [{"nodes": [{"a": 1}, {"b": 1}]}]}, ["node.nodes.0.nodes.0.a: There is no such"]),
    ({"part": WRONG_TAG}, ["node.part.pair.right: 'kind' should be one of 'leaf', 'pair'"]),
    ({"part": {"kind": "leaf", "sure": 1.0}}, []),
    ({"part": {"kind": "leaf", "sure": 0}}, ["node.part.leaf.sure: Input should be True or 1"]),
    ({"nodes": [{"word": "é" * 70_000}] * 3}, ["node.nodes.0.word: Input takes too long"]),
    ({"nodes": [{}] * 49_000}, []),
    ({"nodes": [{"nodes": [{}] * 200}] * 240}, []),
]


def test_limits_hold_in_types_that_contain_themselves(
    template: Path, install: Callable[[Project], Path], tmp_path: Path
) -> None:
    tool = {"name": "show", "arguments": {"node": typed("Node")}}
    answers = {"project_name": "Harbour Log", "types": NODES, "tools": [tool]}
    project = copy(template, tmp_path / "project", **answers)
    done = subprocess.run(
        [install(project), "-c", CALLS],
        input=json.dumps([{"node": one} for one, _ in ARGUMENTS]),
        cwd=project.path,
        env={"PYTHONPATH": "src", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for (lines, seconds), (_, expected) in zip(json.loads(done.stdout), ARGUMENTS, strict=True):
        assert len(lines) == len(expected), lines
        for line, begin in zip(lines, expected, strict=True):
            assert line.startswith(begin), line
        assert seconds < 20  # On a busy machine; by itself, less than one.
