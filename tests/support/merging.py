"""How Copier merges a file in an update, and whether what came out is right.

`merged` does to texts what `copier update` does to files, with the same git commands, but to
thousands at once. `judge` compares what came out with what went in: a line is where it belongs if
it is in the same function, class or catalog entry, among the same neighbours.
"""

import ast
import difflib
import functools
import itertools
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

# Merging ----------------------------------------------------------------------------------------


class Renamed(NamedTuple):
    """Two names: what was declared under the one has gone, and the other has come."""

    old: str
    new: str
    same: bool = True
    """Whether it is the same thing, so that the user's lines may follow it."""


@dataclass(frozen=True, slots=True)
class Merge:
    """One file: as the template rendered it, as its user changed it, and as it is rendered now."""

    old: str
    user: str
    new: str
    renamed: Renamed | None = None


_MARKERS = ("before updating", "last update", "after updating")
_AT_ONCE = 2000


def merged(merges: Iterable[Merge], directory: Path) -> dict[Merge, str]:
    """Return what `copier update` makes of each of the files.

    It takes the differences between the old render and the user's file, applies them to the new
    render with `git apply --reject`, and merges three-way the files where that fails.
    """
    results: dict[Merge, str] = {}
    waiting: list[Merge] = []
    for merge in dict.fromkeys(merges):
        if merge.old == merge.user:
            results[merge] = merge.new  # There is nothing to apply.
        elif merge.old == merge.new:
            results[merge] = merge.user
        else:
            waiting.append(merge)
    for start in range(0, len(waiting), _AT_ONCE):
        batch = waiting[start : start + _AT_ONCE]
        place = directory / str(len(list(directory.iterdir())))
        results |= zip(batch, _merged(batch, place), strict=True)
    return results


def _merged(batch: Sequence[Merge], place: Path) -> Iterator[str]:
    for side in ("old", "user", "new"):
        (place / side).mkdir(parents=True)
        for number, merge in enumerate(batch):
            (place / side / f"{number}.py").write_text(getattr(merge, side), "utf-8", newline="")
    diff = _git(
        place,
        *("diff", "--no-index", "--no-renames", "--unified=3", "--inter-hunk-context=-1"),
        *("--", "old", "user"),
        allowed=(0, 1),
    )
    _git(place, "apply", "--reject", "-p2", "--directory=new", allowed=(0, 1), given=diff)
    for number in range(len(batch)):
        result = place / "new" / f"{number}.py"
        rejected = result.with_name(f"{result.name}.rej")
        if not rejected.exists():
            yield result.read_text("utf-8")
            continue
        result.write_text(batch[number].new, "utf-8", newline="")
        yield _git(
            place,
            "merge-file",
            "-p",
            *(part for name in _MARKERS for part in ("-L", name)),
            *(f"{side}/{number}.py" for side in ("user", "old", "new")),
            allowed=range(128),
        )


def _git(
    directory: Path, *arguments: str, allowed: Iterable[int] = (0,), given: str | None = None
) -> str:
    # Nothing of the user's, and no repository: the directory may be below one.
    settings = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(directory.parent),
        "LC_ALL": "C",
    }
    done = subprocess.run(
        ["git", "-c", "core.autocrlf=false", *arguments],
        cwd=directory,
        env=os.environ | settings,
        input=None if given is None else given.encode(),
        capture_output=True,
        check=False,
    )
    problem = done.stderr.decode(errors="replace")
    assert done.returncode in allowed, f"git {arguments[0]}: {problem}"
    assert "corrupt patch" not in problem, problem
    return done.stdout.decode()


# Conflicts --------------------------------------------------------------------------------------

_CONFLICT = re.compile(
    r"^<<<<<<< before updating\n(.*?)^=======\n(.*?)^>>>>>>> after updating\n",
    re.MULTILINE | re.DOTALL,
)


def has_conflict(text: str) -> bool:
    return "<<<<<<< before updating\n" in text


def sides(text: str) -> tuple[str, str]:
    """Return a text with all conflicts decided for the user, and for the template."""
    return _CONFLICT.sub(r"\1", text), _CONFLICT.sub(r"\2", text)


# Places -----------------------------------------------------------------------------------------

type Place = tuple[str, ...]
"""The names of the functions, classes, fields and catalog entries around a line."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line in its place; `line_of` makes each once, because thousands of texts have the same."""

    place: Place
    text: str
    which: int
    """Of the same lines in the same place: the how manieth."""

    def __str__(self) -> str:
        return f"{self.text.strip()!r} in {'.'.join(self.place) or 'the module'}"


line_of = functools.cache(Line)


@functools.lru_cache(4096)
def lines_of(source: str) -> tuple[Line, ...]:
    """Return all lines that are not empty, each with its place.

    Raises:
        SyntaxError: the source is not Python.
    """
    texts = source.splitlines()
    places: list[Place] = [()] * (len(texts) + 1)
    bodies: dict[Place, int] = {}
    _visit_body(ast.parse(source).body, (), places, bodies)
    seen: Counter[tuple[Place, str]] = Counter()
    found = []
    before: Place = ()
    for number, text in enumerate(texts, start=1):
        if not text.strip():
            continue
        place = places[number]
        if text.lstrip().startswith("#"):
            # A comment at the end of a body is in it, but not in the syntax tree.
            indent = len(text) - len(text.lstrip())
            for length in range(len(before), len(place), -1):
                if bodies.get(before[:length], indent + 1) <= indent:
                    place = before[:length]
                    break
        before = place
        found.append(line_of(place, text, seen[place, text]))
        seen[place, text] += 1
    return tuple(found)


def _visit_body(
    body: Sequence[ast.stmt],
    place: Place,
    places: list[Place],
    bodies: dict[Place, int],
    *,
    function: bool = False,
) -> None:
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                inner = (*place, statement.name)
                decorators = (decorator.lineno for decorator in statement.decorator_list)
                _mark(min([statement.lineno, *decorators]), statement, inner, places)
                bodies[inner] = statement.body[0].col_offset
                inside = not isinstance(statement, ast.ClassDef)
                _visit_body(statement.body, inner, places, bodies, function=inside)
            case (
                ast.AnnAssign(target=ast.Name(id=name), value=value)
                | ast.Assign(targets=[ast.Name(id=name)], value=value)
            ) if not function:
                _mark(statement.lineno, statement, (*place, name), places)
                if value is not None:
                    _visit_value(value, (*place, name), places)


def _visit_value(value: ast.expr, place: Place, places: list[Place]) -> None:
    for node in ast.iter_child_nodes(value):
        if isinstance(node, ast.keyword):
            _mark(node.lineno, node, (*place, node.arg or "**"), places)
            _visit_value(node.value, (*place, node.arg or "**"), places)
        elif isinstance(node, ast.expr):
            inner = (*place, name) if (name := _name_of(node)) else place
            _mark(node.lineno, node, inner, places)
            _visit_value(node, inner, places)


def _name_of(node: ast.expr) -> str | None:
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                return str(keyword.value.value)
    return None


def _mark(
    first: int, node: ast.stmt | ast.expr | ast.keyword, place: Place, places: list[Place]
) -> None:
    for number in range(first, (node.end_lineno or first) + 1):
        places[number] = place


# Judging ----------------------------------------------------------------------------------------


class Kind(StrEnum):
    CLEAN = "clean"
    CONFLICT = "conflict"
    """Both sides changed the same lines, or lines next to each other. The markers show both."""

    BESIDE = "conflict beside what is new"
    """The template only wrote something new, next to lines that the user changed."""

    NEEDLESS = "needless conflict"
    """What the two sides changed is apart."""

    FAULT = "silent fault"


@dataclass(frozen=True, slots=True)
class Verdict:
    kind: Kind
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([self.kind, *self.reasons])


def judge(merge: Merge, result: str) -> Verdict:
    """Say whether everything that the user and the template changed is in its place.

    The user's file has to be Python. Where the template gave something another name, the user's
    lines may stay under the old name or be under the new one; not where it put something else in
    its place.
    """
    verdict = _judged(merge, result, {})
    if verdict.kind is Kind.FAULT and merge.renamed and merge.renamed.same:
        return min(verdict, _judged(merge, result, _names(merge.renamed)), key=_severity)
    return verdict


def _severity(verdict: Verdict) -> int:
    return list(Kind).index(verdict.kind)


def _names(renamed: Renamed) -> dict[str, str]:
    return {renamed.new: renamed.old, camel(renamed.new): camel(renamed.old)}


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _judged(merge: Merge, result: str, names: Mapping[str, str]) -> Verdict:
    old, user, new = (
        _renamed(lines_of(text), names) for text in (merge.old, merge.user, merge.new)
    )
    if not has_conflict(result):
        try:
            faults = list(_faults(old, user, new, _renamed(lines_of(result), names)))
        except SyntaxError as error:
            faults = [f"it is not Python any more: {error}"]
        return Verdict(Kind.FAULT, tuple(faults)) if faults else Verdict(Kind.CLEAN)
    texts = (merge.old, merge.user, merge.new, *sides(result))
    try:
        shown = [_renamed(lines_of(text), names) for text in texts]
    except SyntaxError:
        shown = []
    moved = _moved(old, user) or _moved(old, new)
    if not shown or moved or merge.renamed:
        # A conflict through the middle of a statement, or about what is in another place now: git
        # may show it next to something that looks alike, so only texts can be compared.
        shown = [_texts(text) for text in texts]
    if faults := list(_hidden(*shown)):
        return Verdict(Kind.FAULT, tuple(faults))
    if not (moved or merge.renamed or _touch(merge)):
        return Verdict(Kind.NEEDLESS)
    return Verdict(Kind.BESIDE if only_adds(merge) else Kind.CONFLICT)


def only_adds(merge: Merge) -> bool:
    """Whether the template took no line away and moved none."""
    old, new = lines_of(merge.old), lines_of(merge.new)
    return _common(new, old) == list(old)


def _renamed(lines: Sequence[Line], names: Mapping[str, str]) -> Sequence[Line]:
    if not names:
        return lines
    seen: Counter[tuple[Place, str]] = Counter()
    found = []
    for line in lines:
        place = tuple(_old_name(part, names) for part in line.place)
        found.append(line_of(place, line.text, seen[place, line.text]))
        seen[place, line.text] += 1
    return found


def _old_name(name: str, names: Mapping[str, str]) -> str:
    for new, old in names.items():
        if name == new or (name.startswith(new) and name[len(new)].isupper()):
            return old + name.removeprefix(new)
    return name


def _texts(source: str) -> list[Line]:
    """Return the lines as if all were in one place and none were there twice."""
    return [line_of((), text, 0) for text in source.splitlines() if text.strip()]


def _faults(
    old: Sequence[Line], user: Sequence[Line], new: Sequence[Line], result: Sequence[Line]
) -> Iterator[str]:
    """Yield what is wrong with a result without conflicts."""
    expected, found = _expected(old, user, new), set(result)
    user_moved, new_moved = _moved(old, user), _moved(old, new)
    if user_moved:
        # To git a part at another place is a new one: the template cannot remove it there.
        expected |= found & set(old) & set(user)
    if expected != found:
        yield from (f"lost or moved: {line}" for line in sorted(expected - found, key=str))
        yield from (f"not expected: {line}" for line in sorted(found - expected, key=str))
        return
    if not new_moved:
        yield from _out_of_order(user, result)
    if not user_moved:
        yield from _out_of_order(new, result)
    if not (user_moved or new_moved):
        yield from _torn(old, user, new, result)


def _moved(old: Sequence[Line], other: Sequence[Line]) -> bool:
    """Whether lines that stayed have another order now."""
    return _common(old, other) != _common(other, old)


def _expected(old: Iterable[Line], user: Iterable[Line], new: Iterable[Line]) -> set[Line]:
    """Return the lines to be there: where the two sides differ, one of them made a change."""
    before, one, two = set(old), set(user), set(new)
    return (one & two) | ((one | two) - before)


def _common(lines: Sequence[Line], others: Iterable[Line]) -> list[Line]:
    there = set(others)
    return [line for line in lines if line in there]


def _out_of_order(lines: Sequence[Line], result: Sequence[Line]) -> Iterator[str]:
    expected, found = _common(lines, result), _common(result, lines)
    for one, two in zip(expected, found, strict=True):
        if one != two:
            yield f"out of order: {two}, expected {one}"
            return


def _torn(
    old: Sequence[Line], user: Sequence[Line], new: Sequence[Line], result: Sequence[Line]
) -> Iterator[str]:
    """Yield where something came between lines that nobody wrote anything between."""
    after = dict(pairwise(result))
    pairs_of_old, pairs_of_user, pairs_of_new = (set(pairwise(each)) for each in (old, user, new))
    together = pairs_of_old & pairs_of_user & pairs_of_new
    before, there = set(old), set(result)
    for side, pairs in ((user, pairs_of_user), (new, pairs_of_new)):
        if before <= set(side):  # Otherwise both lines may stand for others, apart.
            together |= {pair for pair in pairs if not before & set(pair)}
    for one, two in together:
        if {one, two} <= there and after.get(one) != two:
            yield f"torn apart: {one} and {two}"


def _hidden(
    old: Sequence[Line],
    user: Sequence[Line],
    new: Sequence[Line],
    ours: Sequence[Line],
    theirs: Sequence[Line],
) -> Iterator[str]:
    """Yield what somebody who decides the conflicts would not see, or not in its place."""
    before = set(old)
    for side, lines, shown in (("user", user, ours), ("template", new, theirs)):
        for line in sorted(set(lines) - before - set(shown), key=str):
            yield f"not on the {side}'s side of the conflict: {line}"
    shown_lines = {*ours, *theirs}
    for line in sorted(_expected(old, user, new) - shown_lines, key=str):
        yield f"lost: {line}"
    known = {(line.place, line.text) for line in (*old, *user, *new)}
    for line in sorted(shown_lines, key=str):
        if (line.place, line.text) not in known:
            yield f"moved: {line}"


# Where changes touch ----------------------------------------------------------------------------


def _touch(merge: Merge) -> bool:
    """Whether the user and the template changed the same line, or lines next to each other."""
    ours, theirs = (list(_changes(merge.old, text)) for text in (merge.user, merge.new))
    return any(
        first <= other_last and other_first <= last
        for other_first, other_last in theirs
        for first, last in ours
    )


def _changes(old: str, other: str) -> Iterator[tuple[int, int]]:
    """Yield the lines of the old text that were changed: from where, and where the next one is.

    Where something was only added these are the same. What is added behind an empty line could as
    well be seen in front of it: git looks at it as late as possible.
    """
    before, after = lines_of(old), lines_of(other)
    numbers, other_numbers = _numbers(old), _numbers(other)
    numbers.append(numbers[-1] + 1)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, other_first, _ in matcher.get_opcodes():
        if tag == "insert":
            joined = (
                other_first and other_numbers[other_first - 1] + 1 == other_numbers[other_first]
            )
            slot = numbers[first - 1] + 1 if first and joined else numbers[first]
            yield slot, slot
        elif tag == "delete":
            yield numbers[first], numbers[last]  # The empty lines behind it went as well.
        elif tag == "replace":
            yield numbers[first], numbers[last - 1] + 1


def _numbers(source: str) -> list[int]:
    return [number for number, text in enumerate(source.splitlines(), 1) if text.strip()]


# Line by line -----------------------------------------------------------------------------------


class How(StrEnum):
    INSERT = "a line above"
    REPLACE = "instead of"
    DELETE = "without"


@dataclass(frozen=True, slots=True)
class LineEdit:
    """An edit of one line, which is known by its number: no need to look for it by its text."""

    how: How
    number: int
    """From 0."""

    text: str = "# Ours."

    def apply(self, lines: Sequence[str]) -> list[str]:
        changed = list(lines)
        match self.how:
            case How.INSERT:
                changed.insert(self.number, self.text)
            case How.REPLACE:
                changed[self.number] = self.text
            case How.DELETE:
                del changed[self.number]
        return changed


def judge_line(old: str, edit: LineEdit, new: str, result: str) -> Verdict:
    """Say whether one edited line is where it belongs, after the template only added something.

    Nothing is looked for by its text here: what has to come out is computed.
    """
    before, after, found = old.splitlines(), new.splitlines(), result.splitlines()
    positions = list(_positions(old, new))
    if not has_conflict(result):
        wanted = [line for each in positions for line in _with_edit(edit, before, after, each)]
        if found in wanted:
            return Verdict(Kind.CLEAN)
        differences = difflib.unified_diff(wanted[0], found, "expected", "found", n=3, lineterm="")
        return Verdict(Kind.FAULT, tuple(differences))
    ours, theirs = sides(result)
    if theirs != new or (edit.how is not How.DELETE and edit.text not in ours.splitlines()):
        return Verdict(Kind.FAULT, ("the conflict does not show both sides",))
    first, last = edit.number, edit.number + (edit.how is not How.INSERT)
    while edit.how is How.DELETE and not before[edit.number] and not before[last]:
        last += 1  # It could as well be any other of these empty lines.
    # Git looks at what was added as late as possible, which is the last of the alignments.
    slots = [n for n in range(len(before) + 1) if _is_gap(n, positions[-1], len(after))]
    touch = any(first <= slot <= last for slot in slots)
    return Verdict(Kind.BESIDE if touch else Kind.NEEDLESS)


def _positions(old: str, new: str) -> Iterator[list[int]]:
    """Yield where the lines of a text are after additions: empty ones may be at several places."""
    lines = new.splitlines()
    numbers = dict(zip(lines_of(new), _numbers(new), strict=True))
    anchors = [0, *_numbers(old), len(old.splitlines()) + 1]
    places = [0, *(numbers[line] for line in lines_of(old)), len(lines) + 1]
    gaps = (
        list(_spread(lines, *pair, empty=second - first - 1))
        for pair, (first, second) in zip(pairwise(places), pairwise(anchors), strict=True)
    )
    for choice in itertools.product(*gaps):
        filled = zip(choice, places[1:], strict=True)
        yield [number - 1 for empties, place in filled for number in (*empties, place)][:-1]


def _spread(lines: Sequence[str], above: int, below: int, *, empty: int) -> Iterator[list[int]]:
    """Yield the ways in which so many empty lines can be those between two lines."""
    between = range(above + 1, below)
    head = len(list(itertools.takewhile(lambda number: not lines[number - 1], between)))
    tail = len(list(itertools.takewhile(lambda number: not lines[number - 1], reversed(between))))
    if len(between) == empty:
        yield list(between)
        return
    for first in range(max(0, empty - tail), min(empty, head) + 1):
        yield [*between[:first], *between[len(between) - (empty - first) :]]


def _is_gap(number: int, positions: Sequence[int], length: int) -> bool:
    above = positions[number - 1] if number else -1
    below = positions[number] if number < len(positions) else length
    return below - above > 1


def _with_edit(
    edit: LineEdit, before: Sequence[str], after: Sequence[str], positions: Sequence[int]
) -> Iterator[list[str]]:
    changed = list(after)
    if edit.how is How.DELETE:
        del changed[positions[edit.number]]
        yield changed
    elif edit.how is How.REPLACE:
        changed[positions[edit.number]] = edit.text
        yield changed
    else:
        above = positions[edit.number - 1] + 1 if edit.number else 0
        below = positions[edit.number] if edit.number < len(positions) else len(after)
        # What somebody writes next to a line, with an empty line on the other side, belongs to it.
        has_above = bool(edit.number and before[edit.number - 1])
        has_below = bool(edit.number < len(before) and before[edit.number])
        for place in {above, below}:
            if (place == above or not has_above or has_below) and (
                place == below or not has_below or has_above
            ):
                yield [*after[:place], edit.text, *after[place:]]
