"""What updates are tried with: every edit in every place, and every change of the answers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from support.changes import (
    ADDITIONS,
    BASES,
    BY_LINE,
    CHANGES,
    LISTS,
    RENAMES,
    REPLACEMENTS,
    Declared,
    changed,
    one_more,
)
from support.edits import EDITS, Edit, NotHereError
from support.merging import How, LineEdit, Merge, Renamed

type Render = Callable[[Declared], Mapping[str, str]]
"""Renders the files that belong to the user."""


@dataclass(frozen=True, slots=True)
class Case:
    """One file of one edit."""

    base: str
    edit: Edit
    target: str
    turn: int | None
    """The edits of something declared take turns, where not all of them are tried."""

    file: str
    user: str


def edited(base: str, files: Mapping[str, str]) -> Iterator[Case]:
    """Yield all edits, each of the first that is declared, of one between and of the last."""
    for number, edit in enumerate(EDITS):
        names = sorted(each["name"] for each in BASES[base][edit.kind]) if edit.kind else [""]
        targets = [*names[:1], *names[len(names) // 2 :][:1], *names[-1:]]
        for turn, target in enumerate(targets, number):
            try:
                changed_files = edit.apply(files, target)
            except NotHereError:
                continue
            for file, user in changed_files.items():
                place = turn % len(targets) if len(targets) > 1 else None
                yield Case(base, edit, target, place, file, user)


def renamed(old: Declared, new: Declared) -> Renamed | None:
    """Return the names of what has another one now, or of what stands in the place of another."""
    for kind in LISTS:
        before, after = ({each["name"]: each for each in answers[kind]} for answers in (old, new))
        if len(before) == len(after) and before.keys() != after.keys():
            (one,), (two,) = before.keys() - after.keys(), after.keys() - before.keys()
            return Renamed(one, two, same=before[one] | {"name": two} == after[two])
    return None


def is_protected(edit: Edit, change: str) -> bool:
    """Whether docs/updates.md promises that the edit stays where it is."""
    if edit.moves:
        return change in ADDITIONS
    if edit.of_models and change in RENAMES:
        return False
    return not (edit.passed_on and change in REPLACEMENTS)


def after(base: str, change: str) -> Declared | None:
    """Return the changed answers, if there is something to be changed like this."""
    try:
        return changed(BASES[base], CHANGES[change])
    except LookupError:
        return None


def line_edits(text: str) -> list[LineEdit]:
    """Return three edits of each line: one above it, another instead of it, and none."""
    lines = text.splitlines()
    edits = []
    for number, line in enumerate(lines):
        there = next(filter(None, lines[number:]), "")
        ours = f"{there[: len(there) - len(there.lstrip())]}# Ours."
        edits += [
            LineEdit(How.INSERT, number, ours),
            LineEdit(How.REPLACE, number, f"{line}  # Ours." if line else ours),
            LineEdit(How.DELETE, number),
        ]
    return edits


def line_cases(
    render: Render, base: str, file: str
) -> Iterator[tuple[LineEdit, Mapping[str, Merge]]]:
    """Yield every edit of every line of a file, and how it meets one more in each place."""
    declared = BY_LINE[base]
    old = render(declared)[file]
    additions = {
        name: new
        for name, change in one_more(declared).items()
        if (new := render(changed(declared, change))[file]) != old
    }
    for edit in line_edits(old):
        user = "".join(f"{line}\n" for line in edit.apply(old.splitlines()))
        yield edit, {name: Merge(old, user, new) for name, new in additions.items()}
