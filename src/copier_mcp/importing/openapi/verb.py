"""The kind itself: its options, what it prints, and the exit status."""

import argparse
import sys
from typing import TYPE_CHECKING

from copier_mcp.check.report import printable
from copier_mcp.check.verb import Progress
from copier_mcp.importing import output
from copier_mcp.importing.failures import UnreadableError

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from copier_mcp.importing.openapi.importing import Imported
    from copier_mcp.parsing import Parser

MAX_TOOLS = 40
"""Models choose worse among more."""
EPILOG = """\
examples:
  copier-mcp import openapi petstore.yaml -o server.yml
  copier-mcp import openapi --include 'tag:pets' --exclude 'method:delete' \\
      https://petstore.example/openapi.json -o server.yml

exit status:
  0  the answers file is written; what cannot be declared is said on stderr
  1  with --strict, if something cannot be declared
  2  the document cannot be read, or is no OpenAPI document, or the file is there already;
     nothing is written
"""


def add_to(kinds: "_SubParsersAction[Parser]") -> None:
    openapi = kinds.add_parser(
        "openapi",
        help="make an answers file of an OpenAPI document",
        description="Read an OpenAPI document (2.0 and 3.0 to 3.2, JSON or YAML), and print an "
        "answers file that declares a tool for each operation, which calls the API.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    openapi.add_argument("target", metavar="FILE | URL", help="the document")
    for verb in ("include", "exclude"):
        openapi.add_argument(
            f"--{verb}",
            metavar="PATTERN",
            action="append",
            default=[],
            help=f"{verb} operations by operation id, tag (tag:pets), path (/pets/*) or method "
            "(method:get), in which * stands for anything; may be given more than once",
        )
    openapi.add_argument(
        "--url", help="where the API is, if the document does not say it, or something else"
    )
    openapi.add_argument(
        "--allow-references",
        action="store_true",
        help="read also what the document refers to outside of its directory",
    )
    output.add_options(openapi)
    openapi.add_argument("--strict", action="store_true", help="fail if something is lost")
    openapi.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Import one document."""
    try:
        output.check(options.output, force=options.force)
        found = _import(options)
        output.write(found.text, options.output, force=options.force)
    except UnreadableError as error:
        print(f"copier-mcp: {error}", file=sys.stderr)
        return 2
    for line in found.lost:
        print(f"copier-mcp: lost: {printable(line)}", file=sys.stderr)
    of = _count(found.operations, "operation")
    print(f"copier-mcp: {_count(found.tools, 'tool')} of {of}", file=sys.stderr)
    if found.tools > MAX_TOOLS:
        print(
            f"copier-mcp: warning: models choose worse among more than {MAX_TOOLS} tools; leave "
            "some out with --include and --exclude.",
            file=sys.stderr,
        )
    return 1 if found.lost and options.strict else 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _import(options: argparse.Namespace) -> "Imported":
    # Not before it is needed: the validator takes most of the time.
    from copier_mcp.importing.openapi.importing import import_document  # noqa: PLC0415

    with Progress("checking") as progress:
        return import_document(
            options.target,
            include=options.include,
            exclude=options.exclude,
            url=options.url,
            anywhere=options.allow_references,
            progress=progress.show,
        )
