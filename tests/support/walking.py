"""Does in a shell what a page says, step by step, and puts its code where it says."""

import ast
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from support import checks
from support.rendering import ROOT

IMPORTS = (ast.Import, ast.ImportFrom)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def follow(text: str, here: Path, environment: Mapping[str, str], port: str = "") -> Path:
    """Do what a page says, beginning in a directory; return the one in which it ends."""
    printed = ""
    for match in FENCE.finditer(text):
        language, body = match.groups()
        place = re.findall(r"`([^`\s]+/[^`\s]+)`:$", text[: match.start()], re.MULTILINE)
        if language == "json":
            assert printed == body
        elif language == "sh":
            server, _, body = body.rpartition(" &\n")
            with served(server, here, environment, port):
                printed, here = run_script(body, here, environment)
        elif language == "diff":
            change(here / place[-1], body)
        elif language == "python":
            add(here / place[-1], body)
        elif language == "markdown":
            (here / place[-1]).parent.mkdir(parents=True, exist_ok=True)
            (here / place[-1]).write_text(body, "utf-8")
        elif language == "yaml":
            with (here / place[-1]).open("a", encoding="utf-8") as file:
                file.write(body)
    return here


def run_script(script: str, here: Path, environment: Mapping[str, str]) -> tuple[str, Path]:
    """Return what a script prints, and the directory in which it ends."""
    # With -e a shell ends at a command that fails, but in a list of && only at the last one.
    script = re.sub(r" &&\s+", "\n", script)
    done = subprocess.run(
        ["sh", "-euc", f"{script}\npwd"],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    *lines, end = done.stdout.splitlines(keepends=True)
    return "".join(lines), Path(end.rstrip("\n"))


def reader(programs: Path) -> dict[str, str]:
    """Return the environment of a reader, who has `uv` and `uvx`."""
    programs.mkdir()
    # `uvx` would fetch the newest Copier, and build our command from a clone; these are the ones
    # that the tests are about.
    shim = programs / "uvx"
    shim.write_text(
        "#!/bin/sh\n"
        f'if test "$1" = --from; then shift 3; PYTHONPATH="{ROOT / "src"}" exec "{sys.executable}" '
        '-m copier_mcp "$@"; fi\n'
        f'shift\nexec "{Path(sys.executable).with_name("copier")}" "$@"\n'
    )
    shim.chmod(0o755)
    (programs / "uv").symlink_to(os.environ["UV"])
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")
    }
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": "A Reader", f"GIT_{role}_EMAIL": "reader@example.org"}
    path = f"{programs}:{os.environ['PATH']}"
    # What the template's own tests say of a project, the tests of the renders ask.
    own = {"PYTEST_ADDOPTS": " ".join(checks.OWN_TESTS)}
    return environment | own | {"PATH": path, "UV_PYTHON": sys.executable}


@contextmanager
def served(command: str, here: Path, environment: Mapping[str, str], port: str) -> Iterator[None]:
    """Run what a page starts in the background, if anything, until it is stopped by SIGTERM."""
    if not command:
        yield
        return
    with subprocess.Popen(["sh", "-euc", f"exec env {command}"], cwd=here, env=environment) as done:
        try:
            for _ in range(600):
                assert done.poll() is None, command
                with suppress(OSError), socket.create_connection(("127.0.0.1", int(port))):
                    break
                time.sleep(0.1)
            yield
        finally:
            done.terminate()
    assert done.returncode == 0, command


def change(file: Path, body: str) -> None:
    """Make the change that a diff shows, at the one place where it fits."""
    lines = body.splitlines(keepends=True)
    old, new = ("".join(line[1:] for line in lines if line[0] != sign) for sign in "+-")
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"{file} has not this once:\n{old}"
    file.write_text(text.replace(old, new), "utf-8")


def add(file: Path, body: str) -> None:
    """Add code as a reader does: imports to imports, the rest below."""
    text = file.read_text("utf-8")
    imports = [node for node in ast.parse(body).body if isinstance(node, IMPORTS)]
    lines = body.splitlines(keepends=True)
    cut = imports[-1].end_lineno or 0 if imports else 0
    first, *rest = ast.parse(text).body
    last = [first, *(node for node in rest if isinstance(node, IMPORTS))][-1]
    above = text.splitlines(keepends=True)
    above[last.end_lineno : last.end_lineno] = lines[:cut]
    file.write_text("".join([*above, "\n\n", *lines[cut:]]), "utf-8")
