"""Keep rendered servers busy, and say whether they are still what they were.

`make soak` renders the server with everything, installs it, and starts it four times: over stdio
for a client of each era, over HTTP without sessions, and with them. For an hour clients call,
cancel, subscribe, make mistakes, come and go; twice a minute they pause, and what the servers take
up is noted. At the end each has to be as it was at the beginning. It needs Linux, for `/proc`.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.soak.load import KINDS, Soak
from benchmarks.soak.verdict import Record, judge, table
from support.rendering import copy, copy_template
from support.serving import Installed, with_probes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak; exit status 1 if a server is not what it was, 2 where it cannot run."""
    options = _options(arguments)
    if sys.platform != "linux":
        print("The soak reads /proc; here it cannot run.", file=sys.stderr)
        return 2
    # The client logs every answer that comes when its call has been cancelled.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="soak-") as directory:
        installed = install(Path(directory))
        soak = Soak(installed, options.rate, options.only or KINDS)
        _say(f"{options.minutes:g} minutes, {options.rate:g} operations in a second")
        records = asyncio.run(soak.run(options.minutes * 60, _say))
    print(table(records))
    if options.samples:
        _write(options.samples, records)
    problems = judge(records, soak.faults)
    for problem in problems:
        print(f"Failed: {problem}.")
    if not problems:
        print("All as it was.")
    return 1 if problems else 0


def install(directory: Path) -> Installed:
    """Render the server with all that can be chosen, and install it."""
    template = copy_template(directory / "template")
    project = copy(
        *(template, directory / "project"), project_name="Soak", http=True, interactive=True
    )
    return Installed.make(with_probes(project), directory)


def _write(path: Path, records: Sequence[Record]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            for one in record.samples:
                file.write(json.dumps({"server": record.name} | asdict(one)) + "\n")


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make soak", description="Keep rendered servers busy, and see whether they change."
    )
    parser.add_argument("--minutes", type=float, default=60, help="how long (60)")
    parser.add_argument(
        "--rate", type=float, default=30, help="operations in a second, of all clients (30)"
    )
    parser.add_argument(
        "--only", action="append", choices=KINDS, help="only this server; may be repeated"
    )
    parser.add_argument("--samples", type=Path, help="a file for all samples, as lines of JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
