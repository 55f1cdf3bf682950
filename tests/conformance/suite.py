"""Runs the official conformance suite against a rendered server, and counts what passes.

The suite is a package of npm at a fixed version, as Node is, which runs it. The server is a fresh
render with the files of `overlay/` laid over it, which are what a user of the template writes:
catalogs, schemas, handlers and providers.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from support import downloads

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "conformance"

ANSWERS: dict[str, Any] = {
    "project_name": "Conformance Server",
    "example": False,
    "http": True,
    "interactive": True,
    "skills": True,
}
"""The answers of the render."""

SESSIONS = {"2026-07-28": 0, "2025-11-25": 100}
"""The protocol revisions, and how many sessions the server has for each."""

SKILLS = ("sep-2640-skills-enumeration", "sep-2640-skills-manifest", "sep-2640-skills-directory")
"""The scenarios of the extension for skills, which no revision requires and no list names."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that has run: how many of its checks ended in which way."""

    name: str
    not_required: str
    """Why it is not required; nothing if it is."""
    checks: Counter[str]

    @property
    def passed(self) -> bool:
        return self.checks["SUCCESS"] > 0 and self.checks["FAILURE"] == 0

    @property
    def spotless(self) -> bool:
        """Return whether every check succeeded: none warned, and none was skipped."""
        return self.checks.keys() == {"SUCCESS"}

    def __str__(self) -> str:
        counts = ", ".join(f"{self.checks[what]} {what.lower()}" for what in sorted(self.checks))
        mark = "passed" if self.passed else "not passed" if self.not_required else "FAILED"
        reason = f", not required: {self.not_required}" if self.not_required else ""
        return f"{mark:<10}  {self.name}: {counts or 'no checks'}{reason}"


def overlaid() -> list[Path]:
    """Return the files that are laid over a render."""
    return list((HERE / "overlay").rglob("*.py"))


def overlay(package: Path) -> None:
    """Lay over the package of a render what the suite expects of a server."""
    for path in overlaid():
        shutil.copy(path, package / path.relative_to(HERE / "overlay"))


@contextlib.contextmanager
def serving(project: Path, package: str, *, sessions: int, **settings: str) -> Iterator[str]:
    """Start a server from its sources at a free port, and yield the address of its endpoint."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PY")}
    environment |= {
        "PYTHONPATH": str(project / "src"),
        f"{package.upper()}_SESSIONS": str(sessions),
    }
    environment |= {f"{package.upper()}_{name}": text for name, text in settings.items()}
    command = [sys.executable, "-m", package, "--transport", "http", "--port", "0"]
    with _started(command, project / f"server-{sessions}.log", environment) as address:
        yield address


@contextlib.contextmanager
def with_token(address: str, token: str, log: Path) -> Iterator[str]:
    """Start a proxy that adds a token to each request, and yield its address."""
    command = [str(downloads.node()), str(HERE / "with_token.mjs"), address, token]
    with _started(command, log, os.environ) as proxy:
        yield proxy


@contextlib.contextmanager
def _started(command: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Start a command that logs its address."""
    with (
        log.open("w+b") as file,
        subprocess.Popen(command, env=environment, stdout=file, stderr=file) as server,
    ):
        try:
            while not (found := re.search(r"serving (\S+)", log.read_text())):
                try:
                    server.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
                raise RuntimeError(f"the server has ended: {log.read_text()}")
            yield found[1]
        finally:
            server.terminate()
            # What is still open then, such as a stream that listens, must not delay the end.
            server.wait(10)


def run(revision: str, address: str, results: Path) -> list[Scenario]:
    """Run all scenarios of a revision of the protocol, also those that are not required."""
    shutil.rmtree(results, ignore_errors=True)
    _run(address, results, "--requirements", revision)
    text = (_package() / "requirements" / f"{revision}.yaml").read_text("utf-8")
    requirements = yaml.safe_load(text)
    wanted = dict.fromkeys(requirements["server"], "") | {
        entry["scenario"]: entry["reason"]
        for entry in requirements["not_scored"]
        if entry["leg"] == "server"
    }
    return [Scenario(name, reason, _checks(results, name)) for name, reason in wanted.items()]


def run_skills(address: str, results: Path) -> list[Scenario]:
    """Run the scenarios of the extension for skills, at the revision that it is written for."""
    shutil.rmtree(results, ignore_errors=True)
    for name in SKILLS:
        _run(address, results, "--scenario", name, "--spec-version", "2026-07-28", "--force")
    return [Scenario(name, "extension", _checks(results, name)) for name in SKILLS]


def _package() -> Path:
    return downloads.npm(HERE) / "node_modules" / "@modelcontextprotocol" / "conformance"


def _run(address: str, results: Path, *options: str) -> None:
    results.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            *(str(downloads.node()), str(_package() / "dist" / "index.js"), "server"),
            *("--url", address, *options, "--output-dir", str(results)),
        ],
        cwd=results,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,  # What failed is read from the results.
        timeout=300,
    )


def table(results: Mapping[str, Sequence[Scenario]]) -> str:
    """Return the rows of the table in the docs: a scenario, and how it ended in each revision."""
    found = {key: {one.name: one for one in scenarios} for key, scenarios in results.items()}
    names = dict.fromkeys(name for scenarios in found.values() for name in scenarios)
    rows = []
    for name in names:
        cells = [_cell(scenarios.get(name)) for scenarios in found.values()]
        rows.append(f"| `{name}` | {' | '.join(cells)} |\n")
    return "".join(rows)


def skills_table(scenarios: Sequence[Scenario]) -> str:
    """Return the rows of the other table in the docs: a scenario, and how many checks succeeded."""
    counts = {one.name: (one.checks["SUCCESS"], one.checks.total()) for one in scenarios}
    return "".join(f"| `{name}` | {good} of {all_} |\n" for name, (good, all_) in counts.items())


def _cell(scenario: Scenario | None) -> str:
    if scenario is None:
        return ""
    outcome = "passed" if scenario.passed else "not passed"
    return f"{outcome} ({scenario.not_required})" if scenario.not_required else outcome


def figure(scenarios: Sequence[Scenario]) -> str:
    """Return how many of the required scenarios passed."""
    required = [scenario for scenario in scenarios if not scenario.not_required]
    return f"{sum(scenario.passed for scenario in required)} of {len(required)}"


def _checks(results: Path, name: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for file in results.glob(f"server-{name}-2*/checks.json"):
        counts.update(check["status"] for check in json.loads(file.read_bytes()))
    del counts["INFO"]
    return counts
