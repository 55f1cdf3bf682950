"""Measure the rendered server next to its alternatives, and write the page about it.

`make bench` renders the server from this working tree, installs it, the bare SDK, MCPServer and
FastMCP side by side, and sends all of them the same calls. It needs uv with a package index, POSIX,
and about twenty minutes in which the machine has nothing else to do: a busy one shows in the
noise. Nothing that is measured leaves 127.0.0.1.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness.bench import Bench, Pace
from benchmarks.harness.journey import Journey, travel
from benchmarks.harness.processes import ServerFailedError
from benchmarks.harness.results import Results
from benchmarks.harness.sessions import SESSIONS
from benchmarks.report.chart import chart
from benchmarks.report.page import numbers_table, page, targets_table, text
from benchmarks.report.targets import FIRST_CALL, FIRST_CALL_COLD, RENDER
from benchmarks.servers.contenders import OURS
from benchmarks.servers.environments import ANSWERS, ROOT, Environments, build, render, versions
from pictures import draw_all

GROUPS = ("render", "start", "stdio", "list", "http", "many", "first-call")
_SHOWN = ("mcp", "pydantic", "uvicorn", "httptools")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; exit status 1 if a server failed."""
    options = _options(arguments)
    if os.name != "posix":
        print("The benchmarks need POSIX pipes; here they cannot run.", file=sys.stderr)
        return 2
    chosen = options.only or GROUPS
    rounds = options.rounds or (1 if options.quick else 5)
    turns = 2 if options.quick else 4
    pace = Pace(window=0.2 if options.quick else 0.4, warm_up=0.2, turns=turns)
    results = Results()
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            _say("rendering and installing")
            built = build(Path(directory))
            bench = Bench(built, pace, results)
            _measure(bench, rounds, chosen)
            if "render" in chosen:
                _render(results, Path(directory, "renders"), rounds * pace.turns)
            journeys = [travel(cold=False) for _ in range(rounds) if "first-call" in chosen]
            cold = travel(cold=True) if options.cold_cache else None
            installed = _versions(built)
    except ServerFailedError as error:
        print(f"Failed: {error}", file=sys.stderr)
        return 1
    for journey in journeys:
        results.add(OURS, {FIRST_CALL: journey.total})
    if cold is not None:
        results.add(OURS, {FIRST_CALL_COLD: cold.total})
    print(text(targets_table(results)), text(numbers_table(results)), sep="\n\n")
    story = _story(journeys, cold)
    print(f"\n{story}")
    # A part of the benchmarks, or a hasty look, does not replace the page unless it is asked to.
    output = options.output or (None if options.quick or options.only else ROOT / "docs")
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        written = page(
            results,
            date=time.strftime("%Y-%m-%d"),
            cores=os.cpu_count() or 1,
            rounds=rounds,
            pace=pace,
            busiest=bench.busiest,
            versions=installed,
            journey=story,
        )
        (output / "benchmarks.md").write_text(written)
        drawings = output / "pictures"
        drawings.mkdir(exist_ok=True)
        (drawings / "benchmarks.yml").write_text(chart(results))
        draw_all(drawings)
    return 0


def _measure(bench: Bench, rounds: int, chosen: Sequence[str]) -> None:
    sessions = [session for session in SESSIONS if session.group in chosen]
    for number in range(rounds):
        for session in sessions:
            _say(f"round {number + 1} of {rounds}: {session.title}")
            bench.run(session, number)


def _render(results: Results, directory: Path, times: int) -> None:
    answers = {"project_name": ANSWERS["project_name"]}
    for number in range(times):
        results.add(OURS, {RENDER: render(directory / str(number), answers)})


def _story(journeys: Sequence[Journey], cold: Journey | None) -> str:
    lines = []
    for cache, taken in (("warm", journeys), ("cold", [cold] if cold else [])):
        if taken:
            middle = sorted(taken, key=lambda journey: journey.total)[len(taken) // 2]
            lines.append(
                f"The first tool call from nothing took {middle.total:.1f} s with a {cache} "
                f"package cache:\n{middle.render:.1f} s to render, {middle.install:.1f} s to "
                f"install, {middle.start:.1f} s to start and answer."
            )
    return "\n".join(lines)


def _versions(built: Environments) -> dict[str, str]:
    rendered = versions(built.python("rendered"))
    theirs = versions(built.python("fastmcp"))
    shown = {"Python": platform.python_version()}
    shown |= {name: rendered[name] for name in _SHOWN if name in rendered}
    return shown | {"FastMCP": f"{theirs['fastmcp']} with mcp {theirs['mcp']}"}


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the rendered server next to its alternatives.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="one round of short windows: a first look"
    )
    parser.add_argument("--rounds", type=int, help="how many rounds (5, or 1 with --quick)")
    parser.add_argument(
        "--only", action="append", choices=GROUPS, help="measure only this; may be repeated"
    )
    parser.add_argument(
        "--output",
        type=Path,
        help="the directory for benchmarks.md and its picture (docs; with --quick or --only "
        "nothing is written without it)",
    )
    parser.add_argument(
        "--cold-cache",
        action="store_true",
        help="also install once with an empty package cache, which measures the network as well",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
