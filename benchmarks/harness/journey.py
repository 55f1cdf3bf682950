"""How long it takes to get from nothing to the first answer of a tool, as a person would do it."""

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness.processes import ServerFailedError, first_answer, stdio_server
from benchmarks.harness.wire import HANDSHAKE
from benchmarks.servers.contenders import Command
from benchmarks.servers.environments import ANSWERS, ROOT, SCRIPT, run, uv

_CALL = (
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call",'
    b'"params":{"name":"search_files","arguments":{"query":"hello"}}}'
)


@dataclass(frozen=True, slots=True)
class Journey:
    """The seconds of each step."""

    render: float
    install: float
    start: float
    """From starting the installed command to the answer of the first tool call."""

    @property
    def total(self) -> float:
        """From nothing to the first answer of a tool."""
        return self.render + self.install + self.start


def travel(*, cold: bool) -> Journey:
    """Render with the defaults, install with uv, start the command, and call a tool of the example.

    Cold means that uv has to download every package. That measures the network as well, so it is
    only done on request; else uv takes them from its cache.
    """
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory, "server")
        name = f"project_name={ANSWERS['project_name']}"
        cache = {"UV_CACHE_DIR": str(Path(directory, "cache"))} if cold else {}
        begin = time.perf_counter()
        run(
            *(sys.executable, "-m", "copier", "copy", "--quiet", "--defaults"),
            *("--vcs-ref", "HEAD", "--data", name, ROOT, project),
        )
        rendered = time.perf_counter()
        # Without the development tools, which no server needs to start.
        run(
            *(uv(), "sync", "--quiet", "--no-dev", "--no-python-downloads"),
            *("--python", sys.executable, "--directory", project),
            **cache,
        )
        installed = time.perf_counter()
        Path(directory, "hello.txt").write_text("hello\n")
        script = project / ".venv" / "bin" / SCRIPT
        environment = {"PATH": os.environ["PATH"]}
        with stdio_server(
            Command((str(script),), environment, Path(directory)), HANDSHAKE
        ) as server:
            server.channel.send([_CALL])
            answer = first_answer(server.channel)
            answered = time.perf_counter()
        if b'"structuredContent"' not in answer:
            raise ServerFailedError(f"no result of the first tool call: {answer[:500]!r}")
        return Journey(rendered - begin, installed - rendered, answered - installed)
