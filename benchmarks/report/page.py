"""The page that the benchmarks write: targets, numbers, and how they were measured."""

from collections.abc import Sequence

from benchmarks.harness.bench import Pace
from benchmarks.harness.load import STALL_SECONDS
from benchmarks.harness.results import Results
from benchmarks.harness.sessions import MEMORY, SESSIONS, START, p50, p99, processor
from benchmarks.report.targets import rows
from benchmarks.servers.contenders import CONTENDERS

type Table = tuple[Sequence[str], Sequence[Sequence[str]]]


def targets_table(results: Results) -> Table:
    """Return the table of the promises and whether they hold."""
    header = ("what", "the others", "target", "ours", "itself", "holds")
    lines = [
        (row.what, row.others, row.target, row.measured, row.itself, row.holds)
        for row in rows(results)
    ]
    return header, lines


def numbers_table(results: Results) -> Table:
    """Return the table of the medians of everything that was measured."""
    present = [contender for contender in CONTENDERS if contender.key in results.values]
    keys = [contender.key for contender in present]
    lines: list[list[str]] = []

    def line(title: str, cells: list[str]) -> None:
        if any(cell != "-" for cell in cells):
            lines.append([title, *cells])

    for key, factor, title in (
        (START, 1000, "start to first answer, ms"),
        (processor(START), 1, "processor time for it, ms"),
        (MEMORY, 1, "memory after start, MiB"),
    ):
        medians = (results.median(each, key) for each in keys)
        line(title, ["-" if value is None else f"{value * factor:.0f}" for value in medians])
    for key in [name for session in SESSIONS for name in session.names()]:
        medians = (results.median(each, key) for each in keys)
        line(f"{key}: calls/s", ["-" if value is None else f"{value:,.0f}" for value in medians])
        line("p50 / p99, ms", [_latency(results, each, key) for each in keys])
        medians = (results.median(each, processor(key)) for each in keys)
        line(
            "processor time a call, ms",
            ["-" if value is None else f"{value:.2f}" for value in medians],
        )
    return ["", *(contender.name for contender in present)], lines


def page(
    results: Results,
    *,
    date: str,
    cores: int,
    rounds: int,
    pace: Pace,
    busiest: float,
    versions: dict[str, str],
    journey: str,
) -> str:
    """Return the whole page."""
    contenders = "\n".join(f"- **{each.name}**: {each.what}." for each in CONTENDERS)
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"""\
# Benchmarks

The rendered server next to its alternatives: the same tools, the same client, one run on one
machine. This page and its chart are written by `make bench`.

![Calls a second, start and memory, relative to the bare SDK](pictures/benchmarks.svg)

## What the template promises

Numbers are ratios: how many times the calls per second, the seconds or the memory of the server
that is 1.0. "Itself" is our server against itself in the same run; a miss that is smaller than the
difference there proves nothing.

{markdown(targets_table(results))}

{journey}

## What was measured

Medians of {rounds * pace.turns} turns, {pace.turns} in a round, on {date}, {cores} cores, which the
client shares with the servers.

{markdown(numbers_table(results))}

{contenders}

Versions: {packages}.

## How

- In a round all servers are started anew, side by side, and measured in turns, each round and each
  turn beginning with another one. A ratio is the median of the ratios within the turns, so that it
  may differ a little from the quotient of the medians above; a machine that is slow for a while
  does not change it.
- Every server offers `add` and as many look-alikes with four described arguments as it takes; only
  `add` is called. Its arguments change with every call, and every answer is checked: one that is
  wrong, late by {STALL_SECONDS:g} seconds, or an error ends the run.
- After a warm-up, calls are counted for {pace.window:g} s a turn. The client writes prepared
  bytes to pipes or sockets and parses the answers, nothing else; it was busy for at most
  {busiest:.0%} of a core.
- Over HTTP all servers are stateless and answer with JSON, which is a setting of ours. Each
  connection has one request in flight. The clients of 2026-07-28 send the envelope and the headers
  of that revision.
- All packages are byte-compiled, and servers log as they do by default, to a file. FastMCP does not
  look for a newer version of itself, which it would do at every start.
- Memory is the resident set after the first answer.

`make bench ARGS=--quick` takes three minutes and is good for a first look; `make bench ARGS=--help`
shows the other options.
"""


def markdown(table: Table) -> str:
    """Return a table as Markdown."""
    header, lines = table
    rule = ["---", *("--:" for _ in header[1:])] if not header[0] else ["---"] * len(header)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *lines))


def text(table: Table) -> str:
    """Return a table for a terminal."""
    header, lines = table
    widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in (header, *lines)
    )


def _latency(results: Results, contender: str, key: str) -> str:
    median, tail = results.median(contender, p50(key)), results.median(contender, p99(key))
    if median is None or tail is None:
        return "-"
    return f"{median:.2f} / {tail:.2f}" if tail < 10 else f"{median:.0f} / {tail:.0f}"
