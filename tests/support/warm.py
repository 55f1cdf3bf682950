"""Runs pytest on rendered projects in a process that has imported already what takes long."""

import atexit
import functools
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_SERVER = """
import gc, json, os, sys
import anyio, mcp, platformdirs, pytest

for module in (anyio, platformdirs):  # They have plugins, which pytest would rewrite otherwise.
    module.__doc__ = f"{module.__doc__} PYTEST_DONT_REWRITE"
gc.freeze()
for line in sys.stdin:
    directory, arguments, environment, outputs = json.loads(line)
    if (child := os.fork()) == 0:
        for number, name in enumerate((os.devnull, *outputs)):
            os.dup2(os.open(name, os.O_RDWR), number)
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[1:1] = environment.get("PYTHONPATH", "").split(os.pathsep)
        sys.argv[1:] = arguments
        sys.exit(pytest.main(arguments))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@functools.cache
def _server() -> subprocess.Popen[str]:
    server = subprocess.Popen(
        [sys.executable, "-X", "utf8", "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(server.kill)
    return server


def run_pytest(
    directory: Path, arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run pytest in a directory, as a process of its own (POSIX)."""
    server = _server()
    assert server.stdin
    assert server.stdout
    with tempfile.TemporaryDirectory() as outputs:
        names = [Path(outputs, name) for name in ("out", "err")]
        for name in names:
            name.touch()
        asked = [str(directory), list(arguments), dict(environment), [str(name) for name in names]]
        server.stdin.write(f"{json.dumps(asked)}\n")
        server.stdin.flush()
        status = int(server.stdout.readline())
        out, err = (name.read_text("utf-8", errors="replace") for name in names)
    return subprocess.CompletedProcess(["pytest", *arguments], status, out, err)
