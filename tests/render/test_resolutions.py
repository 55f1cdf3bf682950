"""The bounds of the dependencies hold: the rendered tests pass with the lowest and the newest.

These install what users install, so they need the network or uv's cache.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support import checks
from support.environments import OUR_PYTHON, python_of, run_uv, synchronised
from support.renderer import Renderer
from support.rendering import Project

DECLARED: dict[str, Any] = {
    "http": True,
    "auth": "jwt",
    "interactive": True,
    "skills": True,
    "tools": [
        {
            "name": "find_parcel",
            "description": "Find a parcel by its number.",
            "arguments": {"number": {"type": "int", "description": "Its number."}},
            "result": {"town": {"type": "str", "description": "Where it is."}},
        },
        {"name": "move_parcel", "schema": {"arguments": {"type": "object"}}},
    ],
    "resources": [{"name": "parcel", "uri": "parcel://{number}", "description": "A parcel."}],
    "prompts": [{"name": "write_label", "description": "Write a label."}],
}


def other_pythons() -> list[str]:
    """Return the versions of Python that are installed here and newer than the one of the tests."""
    listed = json.loads(
        run_uv(
            Path(__file__).parent,
            *("python", "list", "--only-installed", "--output-format=json"),
        )
    )
    versions = {
        (parts["major"], parts["minor"])
        for one in listed
        if one["implementation"] == "cpython" and one["variant"] == "default"
        for parts in [one["version_parts"]]
    }
    return [
        f"{major}.{minor}"
        for major, minor in sorted(versions)
        if (major, minor) > sys.version_info[:2]
    ]


# The whole suite runs with the lowest where its coverage is measured (`FEATURES`).
RESOLUTIONS = [
    ("highest", str(OUR_PYTHON)),
    *(("highest", version) for version in other_pythons()),
]


@pytest.mark.parametrize(
    ("resolution", "interpreter"),
    RESOLUTIONS,
    ids=lambda value: "ours" if value == str(OUR_PYTHON) else value,
)
def test_its_tests_pass_with(
    render: Renderer, tmp_path: Path, resolution: str, interpreter: str
) -> None:
    """The commands of the README, with everything that can be chosen."""
    project = render(http=True, example=True, http_client=True).copied_to(tmp_path / "project")
    python = synchronised(project, resolution, interpreter)
    checks.check_style(project, python)
    checks.check_types(project, tmp_path / "types", python)
    # The whole suites run with the newest of this Python elsewhere (`FEATURES`).
    is_ours = interpreter == str(OUR_PYTHON)
    checks.check_tests(project, *(checks.QUICK_TESTS if is_ours else ()), python=python)


def test_tests_of_declarations_pass_with_the_lowest(render: Renderer, tmp_path: Path) -> None:
    """They, interactive servers and those that check tokens need what others do not."""
    project = render.again(**DECLARED)
    python = synchronised(project, "lowest-direct", str(OUR_PYTHON))
    checks.check_types(project, tmp_path / "types", python)
    names = ("mock", "interaction", "authorization", "json_schemas", "skills")
    tests = ("test_declared.py", *(f"runtime/test_{name}.py" for name in names))
    checks.check_tests(project, *(f"tests/{name}" for name in tests), python=python)


@pytest.mark.parametrize(
    ("outside", "module"), [("mcp<2", "mcp")], ids=["the SDK before its second version"]
)
def test_what_the_bounds_keep_out_does_break_it(
    render: Renderer,
    install: Callable[[Project], Path],
    tmp_path: Path,
    outside: str,
    module: str,
) -> None:
    project = render(http=True, example=True).copied_to(tmp_path / "project")
    with pytest.raises(AssertionError, match="No solution found"):
        run_uv(
            project.path,
            *("pip", "install", "--dry-run", f"--python={install(project)}", ".", outside),
        )
    python = python_of(tmp_path / "environment")
    checks.check_tests(project, "-x", *checks.QUICK_TESTS, python=python)
    # Into the environment itself, where it comes before the packages that are shared.
    run_uv(project.path, "pip", "install", "--quiet", f"--python={python}", outside)
    with pytest.raises(AssertionError, match=rf"pytest: (?s:.*)Error.*\b{re.escape(module)}\b"):
        checks.check_tests(project, "-x", *checks.QUICK_TESTS, python=python)
