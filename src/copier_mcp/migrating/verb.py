"""The verb itself: its options, the files that it writes, and the exit status."""

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from copier_mcp.check.report import printable
from copier_mcp.check.verb import Progress
from copier_mcp.importing import output
from copier_mcp.importing.failures import UnreadableError
from copier_mcp.importing.verb import answers_file, seconds

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Sequence

    from copier_mcp.importing.reading import Offer
    from copier_mcp.migrating.sources import Source
    from copier_mcp.parsing import Parser

TIMEOUT = 120.0
EPILOG = """\
examples:
  copier-mcp migrate ../notes-server
  copier-mcp migrate ../notes-server -- uv run python -m notes --read-only

exit status:
  0  both files are written
  1  both are written, and with --strict something is lost or not found
  2  the server cannot be started or read, or a file is there already; nothing is written
"""


def add_to(verbs: "_SubParsersAction[Parser]") -> None:
    parser = verbs.add_parser(
        "migrate",
        help="make an answers file and a worklist of a project on mcp 1.x or FastMCP",
        description="Start the server of a project with the packages it was made for, and write an "
        "answers file of what it offers and a worklist for its code. Nothing in the project "
        "changes. COMMAND runs there; without one it is the script in pyproject.toml.",
        usage="%(prog)s [options] DIRECTORY [-- COMMAND [ARGUMENT ...]]",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.takes_command = True
    parser.add_argument("directory", metavar="DIRECTORY", type=Path, help="the project")
    for names, default, what in (
        (("-o", "--output"), "server.yml", "answers file"),
        (("-w", "--worklist"), "MIGRATION.md", "worklist"),
    ):
        parser.add_argument(
            *names,
            metavar="FILE",
            type=Path,
            default=Path(default),
            help=f"where the {what} goes (default: {default})",
        )
    parser.add_argument("--force", action="store_true", help="overwrite both files")
    parser.add_argument(
        "--strict", action="store_true", help="fail if something is lost or not found"
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=seconds,
        default=TIMEOUT,
        help=f"how long installing and reading it may take (default: {TIMEOUT:g})",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Migrate one project, as far as a program can."""
    outputs: tuple[Path, Path] = (options.output, options.worklist)
    try:
        _check_outputs(outputs, force=options.force)
        sources, unread = _sources(options.directory)
        offer = _read(options.directory, options.command, options.timeout)
        answers, lost = answers_file(offer)
        text, missing = _worklist(options, answers, lost, (offer, sources), unread)
        for file, content in zip(outputs, (answers, text), strict=True):
            output.write(content, file, force=options.force)
    except UnreadableError as error:
        print(f"copier-mcp: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        name = printable(str(error.filename))
        print(f"copier-mcp: {name}: {error.strerror}", file=sys.stderr)
        return 2
    counts = [
        f"{len(listed)} {name if len(listed) != 1 else name.removesuffix('s')}"
        for name, listed in (
            ("tools", offer.tools),
            ("resources", [*offer.templates, *offer.resources]),
            ("prompts", offer.prompts),
        )
        if listed
    ]
    print(f"{printable(str(options.output))}: {', '.join(counts) or 'nothing is offered'}")
    print(f"{printable(str(options.worklist))}: {len(lost)} lost, {missing} not found")
    return 1 if options.strict and (lost or missing or unread) else 0


def _check_outputs(outputs: tuple[Path, Path], *, force: bool) -> None:
    if outputs[0].resolve() == outputs[1].resolve():
        raise UnreadableError("both files have the same name; write another one after -w.")
    for file in outputs:
        output.check(file, force=force)


def _sources(directory: Path) -> "tuple[list[Source], list[str]]":
    from copier_mcp.migrating.sources import read_sources  # noqa: PLC0415
    from copier_mcp.migrating.uses import imports_sdk  # noqa: PLC0415

    shown = printable(str(directory))
    if not directory.is_dir():
        raise UnreadableError(f"{shown} is no directory; write that of the project.")
    with Progress("reading") as progress:
        sources, unread = read_sources(directory, progress.show)
    if not any(map(imports_sdk, sources)):
        raise UnreadableError(
            f"no Python file in {shown} imports mcp or fastmcp; write the directory of the project."
        )
    return sources, unread


def _read(directory: Path, command: "Sequence[str]", limit: float) -> "Offer":
    from copier_mcp.importing.reading import read_and_tell  # noqa: PLC0415
    from copier_mcp.migrating.starting import find_command  # noqa: PLC0415

    target = command or find_command(directory.resolve())
    # Servers look for their files where they are started.
    with contextlib.chdir(directory), Progress("reading") as progress:
        return read_and_tell(target, token="", seconds=limit, progress=progress)


def _worklist(
    options: argparse.Namespace,
    answers: str,
    lost: "Sequence[str]",
    project: "tuple[Offer, Sequence[Source]]",
    unread: "Sequence[str]",
) -> tuple[str, int]:
    from copier_mcp.migrating.places import rendered  # noqa: PLC0415
    from copier_mcp.migrating.worklist import Worklist  # noqa: PLC0415
    from copier_mcp.template import questionnaire  # noqa: PLC0415

    with questionnaire() as worker:
        names = rendered(answers, worker)
    worklist = Worklist(options.directory.resolve().name, options.output, names, lost, unread)
    return worklist.text(*project), worklist.missing
