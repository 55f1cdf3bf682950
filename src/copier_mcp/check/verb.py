"""The verb itself: its options, the file, and the exit status."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from copier_mcp.check.findings import Finding
from copier_mcp.check.reading import MAX_BYTES, read
from copier_mcp.check.report import FORMATS, count, printable

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from copier_mcp.parsing import Parser

EPILOG = """\
example:
  copier-mcp check server.yml

exit status:
  0  nothing is wrong; there may be hints and notes
  1  there are mistakes, or with --strict hints
  2  there is no such file, or it cannot be read
"""
STDIN = "-"


def add_to(verbs: "_SubParsersAction[Parser]") -> None:
    parser = verbs.add_parser(
        "check",
        help="say what is wrong with an answers file, all of it at once",
        description="Say what is wrong with an answers file, all of it at once, in the words of a "
        "render, and what could be better.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="the answers; - for standard input")
    parser.add_argument(
        "--format", choices=FORMATS, default="text", help="how to write it (default: text)"
    )
    parser.add_argument("--strict", action="store_true", help="fail for hints, too")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check one file."""
    try:
        with sys.stdin.buffer if options.file == STDIN else Path(options.file).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # A name with a null byte is a ValueError.
        reason = getattr(error, "strerror", None) or error
        print(f"copier-mcp: {printable(options.file)}: {reason}", file=sys.stderr)
        return 2
    findings = check(content)
    name = "<stdin>" if options.file == STDIN else options.file
    sys.stdout.write(FORMATS[options.format](name, findings))
    sys.stdout.flush()
    print(count(findings), file=sys.stderr)
    failing = ("error", "hint") if options.strict else ("error",)
    return 1 if any(found.severity in failing for found in findings) else 0


def check(content: bytes) -> list[Finding]:
    """Return all that is found, in the order of the file."""
    root, findings = read(content)
    if root is not None:
        # Not before it is needed: Copier takes most of the time.
        from copier_mcp.check.answers import check_answers  # noqa: PLC0415
        from copier_mcp.template import questionnaire  # noqa: PLC0415

        with questionnaire() as worker, Progress() as progress:
            findings = [*findings, *check_answers(worker, root, progress.show)]
    return sorted(set(findings))


class Progress:
    """A line on a terminal that says how far it is, if that takes longer than a second."""

    def __init__(self, doing: str = "checking") -> None:
        self._doing = doing
        self._start = time.monotonic()
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def show(self, question: str, done: int, count: int) -> None:
        if time.monotonic() - self._start > 1 and sys.stderr.isatty():
            self._shown = True
            line = f"\r\x1b[K{self._doing} {question}: {done} of {count}"
            print(line, end="", file=sys.stderr, flush=True)
