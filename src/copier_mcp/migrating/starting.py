"""Finds the command that starts a server with the packages that it was made for."""

import os
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

from copier_mcp.check.report import printable
from copier_mcp.importing.failures import UnreadableError, first_line

MAX_BYTES = 1024 * 1024
HOW = "write after -- the command that starts the server, as in: -- uv run python server.py"


def find_command(directory: Path) -> list[str]:
    """Return the console script of a project, in its own environment.

    Raises:
        UnreadableError: There is none, or more than one; the message says what to do.
    """
    name = _script(directory / "pyproject.toml")
    folder, suffix = ("Scripts", ".exe") if sys.platform == "win32" else ("bin", "")
    installed = directory / ".venv" / folder / f"{name}{suffix}"
    if installed.is_file():
        return [str(installed)]
    uv = os.environ.get("UV") or shutil.which("uv")
    if not uv:
        raise UnreadableError(
            f"{printable(name)} is not installed in {printable(str(directory / '.venv'))}, and "
            f"there is no uv to install it; {HOW}"
        )
    if (directory / "uv.lock").is_file():
        return [uv, "run", "--quiet", "--frozen", "--isolated", "--no-dev", name]
    # Many projects say `mcp` without an upper bound, and were made for 1.x.
    return [uv, "tool", "run", "--quiet", "--from", str(directory), "--with", "mcp<2", name]


def _script(file: Path) -> str:
    shown = printable(str(file))
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES)
        project: Any = tomllib.loads(content.decode())
    except OSError as error:
        raise UnreadableError(f"{shown}: {error.strerror}; {HOW}") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{shown}: {first_line(error)}; {HOW}") from error
    about = _table(project, "project")
    poetry = _table(_table(project, "tool"), "poetry")
    scripts = [*(_table(about, "scripts") or _table(poetry, "scripts"))]
    own = [name for name in scripts if name == about.get("name", poetry.get("name"))]
    if len(chosen := own or scripts) == 1:
        return chosen[0]
    if not scripts:
        raise UnreadableError(f"{shown} has no [project.scripts]; {HOW}")
    listed = printable(", ".join(scripts))
    raise UnreadableError(f"{shown} has several scripts, {listed}; {HOW}")


def _table(parent: Any, key: str) -> dict[str, Any]:
    found = parent.get(key)
    return found if isinstance(found, dict) else {}
