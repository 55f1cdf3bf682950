"""Where the code of rendered projects runs: beside these tests, or in environments of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from support.rendering import Project
from support.warm import run_pytest

OUR_PYTHON = Path(sys.executable)
"""Has what rendered servers need (the group `rendered` of pyproject.toml), and no server."""


NOT_THEIRS = ("-p", "no:copie", "-p", "no:hypothesispytest")
"""Plugins that are here and in no project: they take longer to load than many tests take."""


def run(
    *command: str | Path, directory: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command; what is set for these tests is not set for it."""
    return subprocess.run(
        command,
        cwd=directory,
        env=_environment() | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def _environment() -> dict[str, str]:
    ours = (
        "COPIER_", "COVERAGE_", "COV_", "MYPY", "PYTEST_", "PYTHON", "RUFF_", "UV_FROZEN",
        "UV_PROJECT", "VIRTUAL_ENV",
    )  # fmt: skip
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    return inherited | {"PYTHONUTF8": "1"}


def run_module(
    project: Project, module: str, *arguments: str, python: Path = OUR_PYTHON
) -> subprocess.CompletedProcess[str]:
    """Run a tool on a project. In our own environment it finds the project by its sources."""
    path = {"PYTHONPATH": str(project.path / "src")} if python == OUR_PYTHON else {}
    if module == "pytest":
        arguments = (*NOT_THEIRS, *arguments)
        if python == OUR_PYTHON and sys.platform != "win32":
            return run_pytest(project.path, arguments, _environment() | path)
    return run(python, "-m", module, *arguments, directory=project.path, **path)


def run_uv(directory: Path, *arguments: str) -> str:
    """Run uv: the one that runs these tests, else the one on the PATH."""
    uv = os.environ.get("UV") or shutil.which("uv")
    assert uv, "The tests install rendered projects with uv: run them with `make test`."
    done = run(uv, *arguments, directory=directory)
    assert done.returncode == 0, f"uv {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def install_beside_us(source: Project | Path, environment: Path) -> Path:
    """Install a project or a package for real, but nothing that it needs: that is here already.

    It is the cheapest environment there is (two seconds), and its packages have their bytecode.
    """
    directory = environment.parent
    directory.mkdir(parents=True, exist_ok=True)
    run_uv(directory, "venv", "--quiet", f"--python={OUR_PYTHON}", str(environment))
    python = python_of(environment)
    # Not only a path: addsitedir() also obeys the .pth files in it, such as coverage's.
    packages = (
        f"import site; site.addsitedir({path!r})" for path in sys.path if "site-packages" in path
    )
    (site_packages(environment) / "beside.pth").write_text("\n".join(packages) + "\n")
    run_uv(
        directory,
        *("pip", "install", "--quiet", "--no-deps", "--no-build-isolation"),
        *(f"--python={python}", str(source.path if isinstance(source, Project) else source)),
    )
    return python


def synchronised(project: Project, resolution: str, interpreter: str) -> Path:
    """Install a project and what it needs as its README says, and return its Python."""
    run_uv(
        project.path,
        *("sync", "--quiet", f"--resolution={resolution}", f"--python={interpreter}"),
        # Here too, so that the other tests run with a warm cache and without a network.
        "--compile-bytecode",
    )
    return python_of(project.path / ".venv")


def python_of(environment: Path) -> Path:
    if sys.platform == "win32":
        return environment / "Scripts" / "python.exe"
    return environment / "bin" / "python"


def site_packages(environment: Path) -> Path:
    if sys.platform == "win32":
        return environment / "Lib" / "site-packages"
    (found,) = environment.glob("lib/python*/site-packages")
    return found
