"""The verb itself: its options, what it prints, and the exit status."""

import argparse
import os
import sys
from typing import TYPE_CHECKING

from copier_mcp.check.report import printable
from copier_mcp.check.verb import Progress
from copier_mcp.importing import output
from copier_mcp.importing.failures import UnreadableError
from copier_mcp.importing.openapi import verb as openapi

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from copier_mcp.importing.fields import SharedTypes
    from copier_mcp.importing.reading import Offer
    from copier_mcp.parsing import Parser

TIMEOUT = 30.0
EPILOG = """\
examples:
  copier-mcp import server -o server.yml -- npx -y @modelcontextprotocol/server-memory
  MCP_TOKEN=… copier-mcp import server -o server.yml https://example.com/mcp

exit status:
  0  the answers file is written; what cannot be declared is said on stderr
  1  with --strict, if something cannot be declared
  2  the server cannot be reached or read, or the file is there already; nothing is written
"""


def add_to(verbs: "_SubParsersAction[Parser]") -> None:
    parser = verbs.add_parser("import", help="make an answers file of something that exists")
    kinds = parser.add_subparsers(title="kinds", metavar="KIND", required=True)
    server = kinds.add_parser(
        "server",
        help="make an answers file of an MCP server",
        description="Connect to an MCP server as a client, and print an answers file that declares "
        "its tools, resources and prompts.",
        usage="%(prog)s [options] (URL | -- COMMAND [ARGUMENT ...])",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    server.takes_command = True
    server.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        help="where it is served over streamable HTTP, with the token in the environment variable "
        "MCP_TOKEN if there is one; in its place, after --, the command that starts it over stdio",
    )
    output.add_options(server)
    server.add_argument("--strict", action="store_true", help="fail if something is lost")
    server.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=seconds,
        default=TIMEOUT,
        help=f"how long reading it may take (default: {TIMEOUT:g})",
    )
    server.set_defaults(run=run, error=server.error)
    openapi.add_to(kinds)


def seconds(text: str) -> float:
    number = float(text)
    if not 0 < number <= 3600:
        raise argparse.ArgumentTypeError("write seconds, above 0 and at most 3600")
    return number


def run(options: argparse.Namespace) -> int:
    """Import one server."""
    if (options.url is None) == (not options.command):
        options.error("write either a URL, or -- and a command")
    try:
        output.check(options.output, force=options.force)
        offer = _read(options.command or [options.url], options.timeout)
        text, lost = answers_file(offer)
        output.write(text, options.output, force=options.force)
    except UnreadableError as error:
        print(f"copier-mcp: {error}", file=sys.stderr)
        return 2
    for line in lost:
        print(f"copier-mcp: lost: {printable(line)}", file=sys.stderr)
    return 1 if lost and options.strict else 0


def _read(target: list[str], seconds: float) -> "Offer":
    # Not before it is needed: the SDK takes most of the time.
    from copier_mcp.importing.reading import read_and_tell  # noqa: PLC0415

    token = os.environ.get("MCP_TOKEN", "").strip()
    with Progress("reading") as progress:
        return read_and_tell(target, token=token, seconds=seconds, progress=progress)


def answers_file(offer: "Offer") -> tuple[str, list[str]]:
    """Return an answers file that the check has nothing against, and what is lost."""
    from copier_mcp.importing.checking import Draft  # noqa: PLC0415
    from copier_mcp.importing.declaring import entries, project  # noqa: PLC0415
    from copier_mcp.template import questionnaire  # noqa: PLC0415

    answers, lost = project(offer)
    types: SharedTypes = {}
    found, left_out = entries(offer, types)
    draft = Draft(answers, found, types)
    with questionnaire() as worker, Progress() as progress:
        draft.settle(worker, progress.show)
    lost += draft.lost
    for entry in found:
        lost += [entry.place + said for said in ([entry.refused] if entry.refused else entry.lost)]
    return draft.text(), lost + left_out
