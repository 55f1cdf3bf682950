"""Where an answers file goes: to stdout, or into a file that was not there before."""

import argparse
import sys
from pathlib import Path

from copier_mcp.check.report import printable
from copier_mcp.importing.failures import UnreadableError


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="where the answers file goes, once it is complete (default: stdout)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite that file")


def check(file: Path | None, *, force: bool) -> None:
    """Say before anything is read that a file cannot be written.

    Raises:
        UnreadableError: It cannot.
    """
    if file is None:
        return
    shown = printable(str(file))
    if file.is_symlink() or (file.exists() and not (force and file.is_file())):
        raise UnreadableError(f"{shown} is there already; write --force, or another name.")
    if not file.parent.is_dir():
        raise UnreadableError(f"{shown} cannot be written: there is no such directory.")


def write(text: str, file: Path | None, *, force: bool) -> None:
    """Write it in the encoding of answers files, whatever the terminal's is.

    Raises:
        UnreadableError: The file cannot be written.
    """
    if file is None:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    try:
        with file.open("w" if force else "x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
    except OSError as error:
        raise UnreadableError(f"{printable(str(file))}: {error.strerror}") from error
