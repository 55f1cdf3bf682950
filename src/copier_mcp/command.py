"""The command line: one subparser a verb. A verb's module adds its own, and says what it runs."""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution

from copier_mcp.check import verb as check
from copier_mcp.importing import verb as importing
from copier_mcp.migrating import verb as migrating
from copier_mcp.parsing import Parser

DESCRIPTION = "Helps with the answers files that render MCP servers from this Copier template."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb, and return its exit status."""
    parser = Parser(prog="copier-mcp", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=version())
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    importing.add_to(verbs)
    migrating.add_to(verbs)
    check.add_to(verbs)
    options = parser.parse_args(arguments)
    # File names and YAML may have characters that a terminal has not.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status: int = options.run(options)
    except BrokenPipeError:  # The reader of a pipe, `head` for example, has seen enough.
        # Python flushes it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def version() -> str:
    """Say what is installed. Versions of the template are git tags, so name the commit if known."""
    try:
        installed = distribution("copier-mcp")
    except PackageNotFoundError:
        return "copier-mcp, from its source"
    # What PEP 610 has about where an installer found it.
    origin = installed.origin
    commit = getattr(getattr(origin, "vcs_info", None), "commit_id", None)
    url = getattr(origin, "url", None)
    where = f", commit {commit}" if commit else f", from {url}" if url else ""
    return f"copier-mcp {installed.version}{where}"
