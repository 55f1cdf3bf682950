"""Writes findings: for people, for programs, and for the annotations of GitHub."""

import json
from collections import Counter
from collections.abc import Callable, Sequence

from copier_mcp.check.findings import Finding


def as_text(name: str, findings: Sequence[Finding]) -> str:
    shown = printable(name)
    return "".join(
        f"{shown}:{found.mark.line}:{found.mark.column}: {found.severity}: {found.message}\n"
        for found in findings
    )


def printable(name: str) -> str:
    """Escape what a terminal would obey in the name of a file, or cannot show."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in name
    )


def as_json(name: str, findings: Sequence[Finding]) -> str:
    listed = [
        {
            "file": name,
            "line": found.mark.line,
            "column": found.mark.column,
            "severity": found.severity,
            "message": found.message,
        }
        for found in findings
    ]
    return json.dumps(listed, indent=2) + "\n"


def as_github(name: str, findings: Sequence[Finding]) -> str:
    """Write workflow commands, which GitHub shows beside the lines of a pull request."""
    commands = {"error": "error", "hint": "notice", "note": "notice"}
    return "".join(
        f"::{commands[found.severity]} file={_escaped(name, ':,')},line={found.mark.line},"
        f"col={found.mark.column}::{_escaped(found.message)}\n"
        for found in findings
    )


def _escaped(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


FORMATS: dict[str, Callable[[str, Sequence[Finding]], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
}


def count(findings: Sequence[Finding]) -> str:
    """Say how many there are, as in `2 errors, 1 hint`."""
    counted = Counter(found.severity for found in findings)
    return ", ".join(
        f"{counted[kind] or 'no'} {kind}{'' if counted[kind] == 1 else 's'}"
        for kind in ("error", "hint", "note")
        if kind == "error" or counted[kind]
    )
