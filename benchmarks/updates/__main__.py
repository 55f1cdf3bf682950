"""Count what `copier update` does to edits, in this template's layout and in the usual one.

`make updates` writes the counts into docs/updates.md; that takes about ten minutes. Every edit in
every place meets every change of the answers, in a model of Copier's merge, which is the same to
the byte (tests/updates/test_updates.py).
"""

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import batched
from pathlib import Path

from benchmarks.updates.usual import UsualFiles
from support.cases import Case, Render, after, edited, is_protected, line_cases, renamed
from support.changes import ADDITIONS, BASES, CHANGES, moved_by_name
from support.edits import OWNED
from support.merging import Kind, LineEdit, Merge, Renamed, Verdict, judge, judge_line, merged
from support.rendering import ROOT, copy_template
from support.updating import owned_files

PAGE = ROOT / "docs" / "updates.md"
BEGIN, END = "<!-- counts -->\n", "<!-- end of the counts -->\n"
COLUMNS: Mapping[str, tuple[Kind, ...]] = {
    "right": (Kind.CLEAN,),
    "conflicts": (Kind.CONFLICT, Kind.BESIDE),
    "needless conflicts": (Kind.NEEDLESS,),
    "**silent faults**": (Kind.FAULT,),
}

type Counts = Counter[Kind]


def edits_of(render: Render) -> Iterator[tuple[str, Case, Merge]]:
    """Yield every edit with every change of the answers that its file depends on."""
    for base, declared in BASES.items():
        old = render(declared)
        cases = list(edited(base, old))
        for change in CHANGES:
            answers = after(base, change)
            if answers is not None:
                for case, merge in meeting(cases, old, render(answers), renamed(declared, answers)):
                    yield change, case, merge


def renames_of(render: Render) -> Iterator[Merge]:
    """Yield every edit of something that gets another name, and by that another neighbour."""
    for base, declared in BASES.items():
        old = render(declared)
        cases = list(edited(base, old))
        for answers in moved_by_name(declared):
            names = renamed(declared, answers)
            assert names
            own = [case for case in cases if case.target == names[0] and not case.edit.moves]
            yield from (merge for _, merge in meeting(own, old, render(answers), names))


def meeting(
    cases: Sequence[Case], old: Mapping[str, str], new: Mapping[str, str], names: Renamed | None
) -> Iterator[tuple[Case, Merge]]:
    for case in cases:
        if old[case.file] != new[case.file]:
            yield case, Merge(old[case.file], case.user, new[case.file], names)


def count(
    cases: Sequence[tuple[object, Merge]], judged: Callable[[object, Merge, str], Verdict]
) -> Counts:
    """Merge and judge, some at a time."""
    counts: Counts = Counter()
    for some in batched(cases, 5000, strict=False):
        with tempfile.TemporaryDirectory() as directory:
            results = merged((merge for _, merge in some), Path(directory))
        verdicts: dict[tuple[object, Merge], Kind] = {}
        for case, merge in some:
            if (case, merge) not in verdicts:
                verdicts[case, merge] = judged(case, merge, results[merge]).kind
        counts.update(verdicts[each] for each in some)
    return counts


def by_text(_: object, merge: Merge, result: str) -> Verdict:
    return judge(merge, result)


def by_number(edit: object, merge: Merge, result: str) -> Verdict:
    assert isinstance(edit, LineEdit)
    return judge_line(merge.old, edit, merge.new, result)


def rows(name: str, render: Render) -> Iterator[tuple[str, Counts]]:
    every = list(edits_of(render))
    add = [(None, merge) for change, _, merge in every if change in ADDITIONS]
    others = [
        (merge, is_protected(case.edit, change))
        for change, case, merge in every
        if change not in ADDITIONS
    ]
    rest = [(None, merge) for merge, protected in others if protected]
    not_protected = [(None, merge) for merge, protected in others if not protected]
    lines = [
        (edit, merge)
        for base in ("alike", "long")
        for file in OWNED
        for edit, merges in line_cases(render, base, file)
        for merge in merges.values()
    ]
    yield f"a line is edited, one more is declared: {name}", count(lines, by_number)
    yield f"an edit, one more is declared: {name}", count(add, by_text)
    yield f"an edit, another change of the answers: {name}", count(rest, by_text)
    not_protected += [(None, merge) for merge in renames_of(render)]
    yield f"[not protected](#what-is-not-protected): {name}", count(not_protected, by_text)


def table(counted: Sequence[tuple[str, Counts]]) -> str:
    lines = [
        f"| files | cases | {' | '.join(COLUMNS)} |",
        f"|---|{'---:|' * (len(COLUMNS) + 1)}",
    ]
    for name, counts in counted:
        numbers = [
            counts.total(),
            *(sum(counts[kind] for kind in kinds) for kinds in COLUMNS.values()),
        ]
        lines.append(f"| {name} | {' | '.join(f'{number:,}' for number in numbers)} |")
    return "\n".join([*lines, ""])


def main() -> int:
    """Count, print the table and write it into the page; exit status 1 if a promise is broken."""
    with tempfile.TemporaryDirectory() as directory:
        template = copy_template(Path(directory, "template"))
        ours = list(rows("this template", owned_files(template, Path(directory, "project"))))
        usual = list(rows("the usual layout", UsualFiles(template)))
    counts = table([row for pair in zip(ours, usual, strict=True) for row in pair])
    print(counts)
    page = PAGE.read_text("utf-8")
    pattern = re.compile(f"{BEGIN}.*{END}", re.DOTALL)
    assert pattern.search(page), f"{PAGE.name} has no place for the table"
    PAGE.write_text(pattern.sub(lambda _: f"{BEGIN}{counts}{END}", page), "utf-8", newline="\n")
    broken = sum(counts[kind] for _, counts in ours[:-1] for kind in (Kind.FAULT, Kind.NEEDLESS))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
