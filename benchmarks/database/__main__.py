"""Measure what a tool takes beyond the statements that it runs.

`make bench-database` renders a server with each database, calls a tool that inserts and one that
reads by an index, and runs the same statements through the bare driver in the same process, in
turns. What remains is the server's: the call, the transaction and the pool. It writes the table
into docs/database.md, and takes three minutes in which the machine should have nothing else to do.
"""

import argparse
import itertools
import json
import re
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.database.project import POSTGRES, SQLITE, STATEMENTS, Kind, command, make
from benchmarks.harness.channels import Channel, HttpChannel
from benchmarks.harness.load import drive
from benchmarks.harness.processes import (
    ServerFailedError,
    first_answer,
    free_port,
    http_server,
    stdio_server,
)
from benchmarks.harness.wire import MODERN, ToolCall
from benchmarks.servers.environments import ROOT
from support import postgres

PAGE = ROOT / "docs" / "database.md"
BEGIN, END = "<!-- costs -->\n", "<!-- end of the costs -->\n"
TARGET = 1.0  # Milliseconds of a call that may be the server's.
WINDOW, WARM_UP, TIMES = 0.4, 0.2, 200


@dataclass(frozen=True, slots=True)
class Row:
    """The medians of a statement, in milliseconds."""

    where: str
    statement: str
    call: float
    nothing: float
    bare: float
    share: float


class Asked(ToolCall):
    """A call whose answer is looked at."""

    def result(self, answer: bytes) -> dict[str, Any]:
        """Return the structured content of an answer."""
        content = json.loads(answer)["result"].get("structuredContent")
        if not isinstance(content, dict):
            raise SystemExit(f"no result: {answer[:500]!r}")
        return content


def measure(channels: dict[str, Channel], where: str, turns: int) -> Iterator[Row]:
    """Measure all statements over open connections, in turns."""
    numbers = itertools.count(1)
    medians: dict[str, list[float]] = {}

    def add(name: str, milliseconds: float) -> None:
        medians.setdefault(name, []).append(milliseconds)

    for turn in range(turns + 1):
        for tool in ("nothing", *STATEMENTS):
            request = ToolCall(MODERN, tool, '{"number":%d}')
            seconds = WINDOW if turn else WARM_UP
            window = drive([channels[tool]], request, numbers, depth=1, seconds=seconds)
            add(tool, window.p50_milliseconds)
        for statement in STATEMENTS:
            arguments = f'{{"statement":"{statement}","times":{TIMES}}}'
            bare = Asked(MODERN, "bare", arguments)
            channels["bare"].send([bare.encode(next(numbers))])
            add(f"bare {statement}", 1000 * bare.result(first_answer(channels["bare"]))["seconds"])
    for statement in STATEMENTS:
        calls, drivers = medians[statement][1:], medians[f"bare {statement}"][1:]
        shares = [call - driver for call, driver in zip(calls, drivers, strict=True)]
        yield Row(
            where,
            statement,
            call=statistics.median(calls),
            nothing=statistics.median(medians["nothing"][1:]),
            bare=statistics.median(drivers),
            share=statistics.median(shares),
        )


def rows(kind: Kind, script: Path, location: str, turns: int) -> Iterator[Row]:
    """Measure a server over stdio, then over HTTP."""
    tools = ("nothing", *STATEMENTS, "bare")
    with stdio_server(command(script, kind, location, None), MODERN) as server:
        channels: dict[str, Channel] = dict.fromkeys(tools, server.channel)
        with server.process.blamed():
            yield from measure(channels, f"{kind.title}, stdio", turns)
    port = free_port()
    with http_server(command(script, kind, location, port), port) as process, ExitStack() as stack:
        channels = {
            tool: stack.enter_context(
                closing(HttpChannel(port, MODERN, ToolCall(MODERN, tool, "{}")))
            )
            for tool in tools
        }
        with process.blamed():
            yield from measure(channels, f"{kind.title}, HTTP", turns)


@contextmanager
def postgres_server(directory: Path) -> Iterator[str]:
    """Run PostgreSQL, which does not wait for the disk here, and yield its address."""
    module = postgres.load()
    programs = module.find_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not there: install it, then try again.")
    server = module.PostgresServer(programs, directory)
    try:
        server.create()
        server.start()
        yield str(server.url)
    finally:
        server.remove()


def table(measured: Sequence[Row]) -> str:
    """Return the table of the page."""
    lines = [
        "| milliseconds a call | the tool | the driver | the server's | no database at all |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {row.where}, {'one insert' if row.statement == 'insert' else 'one indexed read'} "
            f"| {row.call:.2f} | {row.bare:.2f} | **{row.share:.2f}** | {row.nothing:.2f} |"
            for row in measured
        ),
    ]
    return "\n".join([*lines, ""])


def main() -> int:
    """Measure, print the table and write it into the page; exit status 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.database", description=__doc__)
    parser.add_argument("--turns", type=int, default=9, help="how many turns (9)")
    options = parser.parse_args()
    measured: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        try:
            for kind in (SQLITE, POSTGRES):
                home = Path(directory, kind.name)
                home.mkdir()
                script = make(home, kind)
                with ExitStack() as stack:
                    if kind is SQLITE:
                        location = str(home / "ledger.db")
                    else:
                        parent = Path(tempfile.gettempdir())
                        location = stack.enter_context(postgres_server(parent))
                    measured += rows(kind, script, location, options.turns)
        except ServerFailedError as error:
            print(f"Failed: {error}", file=sys.stderr)
            return 1
    shown = table(measured)
    print(shown)
    page = PAGE.read_text("utf-8")
    pattern = re.compile(f"{BEGIN}.*{END}", re.DOTALL)
    assert pattern.search(page), f"{PAGE.name} has no place for the table"
    PAGE.write_text(pattern.sub(lambda _: f"{BEGIN}{shown}{END}", page), "utf-8", newline="\n")
    return 1 if any(row.share > TARGET for row in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
