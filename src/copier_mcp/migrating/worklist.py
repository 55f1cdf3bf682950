"""Writes the worklist: what of a project goes where, and the names of the SDK that it uses."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from copier_mcp.importing.declaring import MAX_RESOURCES, shown
from copier_mcp.importing.reading import Offer
from copier_mcp.migrating.functions import Found, Index, Kind
from copier_mcp.migrating.names import SAME
from copier_mcp.migrating.places import Rendered
from copier_mcp.migrating.sources import Source
from copier_mcp.migrating.uses import Uses, uses
from copier_mcp.migrating.values import values

MAX_PLACES = 8
"""So many places of a name are shown."""
MAX_LENGTH = 300
"""So many characters of a name or a line."""
MAX_LINES = 100
"""So many lines of what is lost, or what cannot be read."""


@dataclass(slots=True)
class Worklist:
    """What there is to do, in Markdown."""

    name: str
    answers: Path
    rendered: Rendered
    lost: Sequence[str]
    unread: Sequence[str]
    missing: int = 0
    """How much of what the server offers has no function that was found."""

    def text(self, offer: Offer, sources: Sequence[Source]) -> str:
        """Return the file."""
        parts = [
            f"# Migrate {shown(self.name)}\n\n{self._steps()}",
            "## What goes where\n\n"
            f"Your code, and the place of it below `src/{self.rendered.package}/`.\n\n"
            + _table(("what", "your code", "in the rendered project"), self._moves(offer, sources)),
            *self._names(uses(sources)),
            *_section("Lost", "No answers file can say this; say it in your code.", self.lost),
            *_section("Not read", "These files were not looked at.", self.unread),
        ]
        return "\n".join(parts)

    def _steps(self) -> str:
        file = shlex.quote(str(self.answers))
        package = f"src/{self.rendered.package}"
        return (
            f"1. Read `{file}`: comments in it say what is a guess. `copier-mcp check {file}` "
            "finds mistakes.\n"
            f"2. Render it: `copier copy --defaults --data-file {file} TEMPLATE "
            f"{self.rendered.distribution}`, with the path of the template.\n"
            "3. Install and commit: `uv sync`, `git init`, `git add --all`, `git commit`. The "
            "tests pass already: `uv run pytest`.\n"
            f"4. Move the code, as the first table says: each stub in `{package}` raises "
            "`NotImplementedError` until you do. Handlers are `async`: run what blocks with "
            "`await asyncio.to_thread(…)`, and several tasks in an `asyncio.TaskGroup`.\n"
            "5. Add what your code needs with `uv add`; `mcp` is there. Give each tool a call in "
            "`CALLS`, in `tests/conftest.py`, and run the tests.\n"
            "6. Replace the names of the second table.\n"
        )

    def _moves(self, offer: Offer, sources: Sequence[Source]) -> Iterator[tuple[str, str, str]]:
        index = Index(sources)
        for tool in offer.tools:
            yield self._move(index, "tool", "tools", tool.name)
        for template in offer.templates:
            uri = template.uri_template
            yield self._move(index, "resource", "resources", template.name, uri)
        for resource in offer.resources[: max(0, MAX_RESOURCES - len(offer.templates))]:
            yield self._move(index, "resource", "resources", resource.name, str(resource.uri))
        for prompt in offer.prompts:
            arguments = [argument.name for argument in prompt.arguments or ()]
            yield self._move(index, "prompt", "prompts", prompt.name, arguments=arguments)
        for value in values(sources, self.rendered.package):
            yield f"{value.kind} {_code(value.name)}", _code(value.place), value.target

    def _move(
        self,
        index: Index,
        kind: Kind,
        listed: str,
        name: str,
        uri: str = "",
        *,
        arguments: Sequence[str] = (),
    ) -> tuple[str, str, str]:
        found = index.find(kind, name, uri)
        self.missing += found is None
        target = self.rendered.functions.get(
            (listed, name), f"refused: a comment in `{self.answers.name}` says why"
        )
        return f"{kind} {_code(name)}", _shown(found, arguments), target

    def _names(self, found: Uses) -> Iterator[str]:
        changed = {name: use for name, use in found.items() if use[0].now != SAME}
        rows = (
            (_code(name), _places(places), change.now, change.place)
            for name, (change, places) in sorted(changed.items())
        )
        heads = ("name", "where", "in SDK 2.x", "in the rendered project")
        yield f"## Names of the SDK\n\n{_table(heads, rows)}"
        if same := sorted(name for name in found if name not in changed):
            yield f"The same in SDK 2.x: {', '.join(map(_code, same))}.\n"


def _shown(found: Found | None, arguments: Sequence[str]) -> str:
    """Return where a function is, and what of it no declaration says: defaults of prompts."""
    if found is None:
        return "not found: it is made while the server runs"
    notes = ["; not `async`"] if found.blocks else []
    notes += [
        f"; write the default of {_code(name)} into the function: {_code(found.defaults[name])}"
        for name in arguments
        if name in found.defaults
    ]
    return f"{_code(found.place)}, {found.what}{''.join(notes)}"


def _places(places: Sequence[str]) -> str:
    """Return places, of which those in one file are together."""
    files: dict[str, list[str]] = {}
    split = sorted((file, int(line)) for file, _, line in (one.rpartition(":") for one in places))
    for file, line in split[:MAX_PLACES]:
        files.setdefault(file, []).append(str(line))
    listed = "; ".join(_code(f"{file}:{', '.join(lines)}") for file, lines in files.items())
    rest = len(places) - MAX_PLACES
    return f"{listed} and {rest} more" if rest > 0 else listed


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _section(title: str, about: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        more = [f"{len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else []
        items = "".join(f"- {_code(line)}\n" for line in [*lines[:MAX_LINES], *more])
        yield f"## {title}\n\n{about}\n\n{items}"


def _code(text: str) -> str:
    """Return a text as code in a cell: in one line, and without what would end either."""
    line = "".join(sign if sign.isprintable() else " " for sign in text[: MAX_LENGTH + 1])
    line = line if len(line) <= MAX_LENGTH else f"{line[:MAX_LENGTH]}…"
    return f"`{line.replace('`', "'").replace('|', '¦')}`"
