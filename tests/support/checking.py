"""Answers files for `copier-mcp check`, and what it finds in them."""

from collections.abc import Mapping
from typing import Any

import yaml
from copier._main import Worker

from copier_mcp.check.answers import check_answers
from copier_mcp.check.findings import Finding
from copier_mcp.check.reading import read
from support.refusals import SHARED

WITH_SCOPES: dict[str, Any] = {
    "project_name": "Harbour Log",
    "http": True,
    "auth": "jwt",
    "http_client": True,
    "api": {"url": "https://api.example.org"},
    "types": SHARED,
}
"""Answers that go with any declarations."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _: object) -> bool:
        return True


def _number(dumper: yaml.SafeDumper, number: int) -> yaml.ScalarNode:
    # Python reads and writes no decimal numbers of more than 4,300 digits.
    text = hex(number) if abs(number) > 10**4000 else str(number)
    return dumper.represent_scalar("tag:yaml.org,2002:int", text)


_Dumper.add_representer(int, _number)


def dumped(answers: Mapping[str, Any]) -> bytes:
    """Return an answers file."""
    text = yaml.dump(dict(answers), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=9999)
    return text.encode("utf-8")


class Check:
    """Checks files with one worker, for which Copier has compiled the macros once."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def __call__(self, file: bytes | str | Mapping[str, Any]) -> list[Finding]:
        if isinstance(file, str):
            file = file.encode()
        root, findings = read(file if isinstance(file, bytes) else dumped(file))
        if root is not None:
            findings = [*findings, *check_answers(self._worker, root, lambda *_: None)]
        return sorted(set(findings))

    def mistakes(self, file: bytes | str | Mapping[str, Any]) -> list[str]:
        return [found.message for found in self(file) if found.severity == "error"]

    def hints(self, file: bytes | str | Mapping[str, Any]) -> list[str]:
        return [found.message for found in self(file) if found.severity == "hint"]

    def notes(self, file: bytes | str | Mapping[str, Any]) -> list[str]:
        return [found.message for found in self(file) if found.severity == "note"]
