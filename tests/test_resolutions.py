"""The bounds of the dependencies hold: the rendered tests pass with the lowest and the newest.

These install what users install, so they need the network or uv's cache.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import checks
from conftest import Renderer
from environments import OUR_PYTHON, python_of, run_uv
from rendering import Project


@pytest.mark.parametrize("resolution", ["lowest-direct", "highest"])
def test_its_tests_pass_with(render: Renderer, tmp_path: Path, resolution: str) -> None:
    """The commands of the README, with everything that can be chosen."""
    project = render(http=True, example=True).copied_to(tmp_path / "project")
    run_uv(
        project.path,
        *("sync", "--quiet", f"--resolution={resolution}", f"--python={OUR_PYTHON}"),
        # Here too, so that the other tests run with a warm cache and without a network.
        "--compile-bytecode",
    )
    python = python_of(project.path / ".venv")
    checks.check_style(project, python)
    checks.check_types(project, tmp_path / "types", python)
    checks.check_tests(project, "--cov", python=python)


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
