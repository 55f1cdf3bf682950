"""The rendered server and its alternatives, each installed in an environment of its own.

The alternatives on the bare SDK get exactly the versions of the rendered server, but not its other
packages: with httptools beside it, uvicorn would serve them faster than it does where somebody
installs `mcp`.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier

from benchmarks.servers.overlay import write_overlay

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = {"project_name": "Bench Server", "http": True, "example": True}
PACKAGE = "bench_server"
SCRIPT = "bench-server"
TOOL_COUNTS = (1, 20, 1000)
_INSTALL_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Environments:
    """Where everything that is measured was installed."""

    directory: Path

    def python(self, name: str) -> str:
        """The interpreter of an environment: rendered, sdk or fastmcp."""
        return str(self.directory / name / "bin" / "python")

    @property
    def script(self) -> str:
        """The console script of the rendered server."""
        return str(self.directory / "rendered" / "bin" / SCRIPT)

    @property
    def scratch(self) -> Path:
        """An empty working directory for the servers."""
        return self.directory / "scratch"

    def overlay(self, tools: int) -> Path:
        """What to put in front of the rendered server's modules so that it has so many tools."""
        return self.directory / f"tools-{tools}"


def build(directory: Path) -> Environments:
    """Render the server and install it and its alternatives below this directory."""
    built = Environments(directory)
    built.scratch.mkdir()
    project = directory / "project"
    render(project, ANSWERS)
    install(directory / "rendered", str(project))
    # Pins for the packages that the SDK's servers share with the rendered one.
    pins = directory / "versions.txt"
    pins.write_text(
        "".join(
            f"{name}=={version}\n"
            for name, version in versions(built.python("rendered")).items()
            if name != SCRIPT
        )
    )
    install(directory / "sdk", "mcp", "--constraint", str(pins))
    install(directory / "sdk-httptools", "mcp", "httptools", "--constraint", str(pins))
    install(directory / "fastmcp", "fastmcp")
    libraries = next((directory / "rendered" / "lib").glob("python*")) / "site-packages"
    for tools in TOOL_COUNTS:
        write_overlay(libraries / PACKAGE, built.overlay(tools), tools)
    return built


def render(target: Path, answers: dict[str, Any]) -> float:
    """Render the template of this working tree, and return how many seconds that took."""
    with warnings.catch_warnings():
        # Uncommitted changes are rendered too, which is what somebody who measures them wants.
        warnings.simplefilter("ignore", copier.errors.DirtyLocalWarning)
        begin = time.perf_counter()
        copier.run_copy(
            str(ROOT),
            target,
            data=answers,
            vcs_ref="HEAD",
            defaults=True,
            unsafe=False,
            quiet=True,
        )
        return time.perf_counter() - begin


def uv() -> str:
    """Return the path of uv, which `uv run` passes on."""
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        raise SystemExit("uv is not there; start the benchmarks with `make bench`.")
    return found


def install(environment: Path, *what: str) -> None:
    """Make an environment with these packages, byte-compiled."""
    run(uv(), "venv", "--quiet", "--no-python-downloads", "--python", sys.executable, environment)
    run(uv(), "pip", "install", "--quiet", "--compile-bytecode", "--python", environment, *what)


def versions(python: str) -> dict[str, str]:
    """Return the versions of all packages of an environment."""
    listed = run(uv(), "pip", "list", "--quiet", "--format", "json", "--python", python)
    return {package["name"]: package["version"] for package in json.loads(listed)}


def run(*arguments: str | Path, **variables: str) -> str:
    """Run a command with these environment variables, and return what it prints."""
    # The environment that the benchmarks run in must not be the one that is installed into.
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    done = subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        check=False,
        env=environment | variables,
        timeout=_INSTALL_SECONDS,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))} failed:\n{done.stderr[-3000:]}")
    return done.stdout
