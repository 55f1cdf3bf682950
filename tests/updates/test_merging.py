"""That the judge of merges sees bad ones: each of these is one, or is right."""

from pathlib import Path

import pytest

from support.merging import (
    How,
    Kind,
    LineEdit,
    Merge,
    Renamed,
    has_conflict,
    judge,
    judge_line,
    lines_of,
    merged,
)

pytestmark = pytest.mark.quick

OLD = '''\
"""Functions."""

# region one
def one() -> int:
    """Run one."""
    raise NotImplementedError


# endregion one


# region two
def two() -> int:
    """Run two."""
    raise NotImplementedError


# endregion two


# The end.
'''
THREE = OLD[OLD.index("# region two") : OLD.index("# The end.")].replace("two", "three")
NEW = OLD.replace("# region two", f"{THREE}# region two")
STUB = "    raise NotImplementedError\n"


def with_body(source: str, name: str) -> str:
    """Implement a function."""
    head, tail = source.split(f'    """Run {name}."""\n')
    return f'{head}    """Run {name}."""\n' + tail.replace(STUB, "    return 1\n", 1)


USER = with_body(OLD, "two")
RIGHT = with_body(NEW, "two")


def test_a_merge_with_everything_in_its_place_is_clean() -> None:
    assert judge(Merge(OLD, USER, NEW), RIGHT).kind is Kind.CLEAN


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (with_body(NEW, "one"), "lost or moved: 'return 1' in two"),
        (NEW, "lost or moved: 'return 1' in two"),
        (USER, "lost or moved: 'def three() -> int:' in three"),
        (RIGHT.replace('    """Run three."""\n', ""), 'lost or moved: \'"""Run three'),
        (RIGHT.replace("# The end.\n", ""), "lost or moved: '# The end.' in the module"),
        (RIGHT.replace("# The end.", "# The end.\n\n\nX = 1"), "not expected: 'X = 1' in X"),
        (
            RIGHT.replace(STUB, f"{STUB}{STUB}", 1),
            "not expected: 'raise NotImplementedError' in one",
        ),
        (RIGHT.replace("    return 1\n", "    return (\n"), "it is not Python any more"),
    ],
)
def test_lines_that_are_lost_or_in_another_place_are_faults(result: str, reason: str) -> None:
    verdict = judge(Merge(OLD, USER, NEW), result)
    assert verdict.kind is Kind.FAULT
    assert reason in str(verdict)


def test_functions_in_another_order_are_a_fault() -> None:
    parts = RIGHT.split("# region ")
    turned = "# region ".join([parts[0], parts[2], parts[1], parts[3]])
    verdict = judge(Merge(OLD, USER, NEW), turned)
    assert verdict.kind is Kind.FAULT
    assert "out of order" in str(verdict)


def test_something_between_lines_that_belong_together_is_a_fault() -> None:
    user = OLD.replace("# The end.", "# The end.\n_X = 1\n_Y = 2")
    right = NEW.replace("# The end.", "# The end.\n_X = 1\n_Y = 2")
    assert judge(Merge(OLD, user, NEW), right).kind is Kind.CLEAN
    above = NEW.replace("# region three", "# region three\n_X = 1\n_Y = 2")
    assert judge(Merge(OLD, user, NEW), above).kind is Kind.FAULT
    # Where the user wrote between the regions, but not between the comment and the function.
    user = OLD.replace("# region two", "_X = 1\n# region two")
    torn = NEW.replace("# region three\n", "# region three\n_X = 1\n")
    verdict = judge(Merge(OLD, user, NEW), torn)
    assert verdict.kind is Kind.FAULT
    assert "torn apart" in str(verdict)
    for right in ("three", "two"):
        merge = NEW.replace(f"# region {right}\n", f"_X = 1\n# region {right}\n")
        assert judge(Merge(OLD, user, NEW), merge).kind is Kind.CLEAN


def test_what_the_user_deleted_has_to_stay_deleted() -> None:
    start, end = OLD.index("# region one"), OLD.index("# region two")
    user = OLD[:start] + OLD[end:]
    new_start, new_end = NEW.index("# region one"), NEW.index("# region three")
    assert judge(Merge(OLD, user, NEW), NEW[:new_start] + NEW[new_end:]).kind is Kind.CLEAN
    assert judge(Merge(OLD, user, NEW), NEW).kind is Kind.FAULT


def test_entries_and_fields_are_places_of_their_own() -> None:
    entry = '    Tool(\n        name="{0}",\n        read_only=True,\n    ),\n'
    catalog = f"TOOLS = (\n{entry.format('one')}{entry.format('two')})\n"
    assert str(lines_of(catalog)[3]) == "'read_only=True,' in TOOLS.one.read_only"
    hint = "        read_only=True,\n"
    first = catalog.replace(hint, "", 1)
    head, tail = catalog.rsplit(hint, 1)
    assert judge(Merge(catalog, first, f"{catalog}X = 1\n"), f"{first}X = 1\n").kind is Kind.CLEAN
    wrong = judge(Merge(catalog, first, f"{catalog}X = 1\n"), f"{head}{tail}X = 1\n")
    assert wrong.kind is Kind.FAULT
    field = "    {}: int = field(\n        ge=1,\n    )\n"
    model = f"class A:\n{field.format('one')}\n{field.format('two')}"
    assert [line.place for line in lines_of(model) if "ge" in line.text] == [
        ("A", "one", "ge"),
        ("A", "two", "ge"),
    ]


def test_comments_at_the_end_of_a_body_are_in_it() -> None:
    source = "def one() -> None:\n    pass\n    # Inside.\n\n\n# Outside.\n"
    assert [line.place for line in lines_of(source)] == [("one",), ("one",), ("one",), ()]


def test_a_rename_may_take_the_lines_of_the_user_along() -> None:
    new = OLD.replace("two", "second")
    followed = with_body(new, "second")
    assert judge(Merge(OLD, USER, new), followed).kind is Kind.FAULT
    assert judge(Merge(OLD, USER, new, Renamed("two", "second")), followed).kind is Kind.CLEAN
    # Another function that stands in its place is not the one that the user has written.
    replaced = Merge(OLD, USER, new, Renamed("two", "second", same=False))
    assert judge(replaced, followed).kind is Kind.FAULT
    strayed = with_body(new, "one")
    assert judge(Merge(OLD, USER, new, Renamed("two", "second")), strayed).kind is Kind.FAULT


# Conflicts --------------------------------------------------------------------------------------


def conflict(ours: str, theirs: str) -> str:
    return f"<<<<<<< before updating\n{ours}=======\n{theirs}>>>>>>> after updating\n"


def test_a_conflict_about_the_same_lines_is_one() -> None:
    new = OLD.replace(STUB, "    raise NotImplementedError  # Two.\n")
    head, tail = USER.split("    return 1\n")
    merge = Merge(OLD, USER, new)
    assert has_conflict(conflict("", ""))
    theirs = "    raise NotImplementedError  # Two.\n"
    shown = head.replace(STUB, theirs) + conflict("    return 1\n", theirs) + tail
    assert judge(merge, shown).kind is Kind.CONFLICT
    hidden = head.replace(STUB, theirs) + conflict("", theirs) + tail
    assert judge(merge, hidden).kind is Kind.FAULT
    hidden = head.replace(STUB, theirs) + conflict("    return 1\n", "") + tail
    assert judge(merge, hidden).kind is Kind.FAULT


def test_a_conflict_beside_what_is_new_is_told_from_a_needless_one() -> None:
    helper = "_X = 1\n"
    user = OLD.replace("# region two", f"{helper}# region two")
    beside = OLD.replace("# region two", f"{conflict(helper, THREE)}# region two")
    assert judge(Merge(OLD, user, NEW), beside).kind is Kind.BESIDE
    # The user's line is two empty lines and a comment away from what is new.
    head, tail = OLD.split("# region two")
    body = STUB.replace("raise", "return")
    apart = head.replace(STUB, conflict(body, STUB)) + THREE + "# region two" + tail
    user = head.replace(STUB, body) + "# region two" + tail
    assert judge(Merge(OLD, user, NEW), apart).kind is Kind.NEEDLESS


# Line by line -----------------------------------------------------------------------------------


def test_an_edited_line_is_known_by_its_number() -> None:
    number = OLD.splitlines().index("    raise NotImplementedError", 10)
    edit = LineEdit(How.REPLACE, number, "    return 1")
    assert judge_line(OLD, edit, NEW, RIGHT).kind is Kind.CLEAN
    assert judge_line(OLD, edit, NEW, with_body(NEW, "one")).kind is Kind.FAULT
    assert judge_line(OLD, edit, NEW, NEW).kind is Kind.FAULT
    deleted = LineEdit(How.DELETE, number)
    head, tail = NEW.rsplit(STUB, 1)
    assert judge_line(OLD, deleted, NEW, head + tail).kind is Kind.CLEAN
    assert judge_line(OLD, deleted, NEW, NEW).kind is Kind.FAULT
    assert judge_line(OLD, deleted, NEW, NEW.replace(STUB, "", 1)).kind is Kind.FAULT


def test_an_added_line_stays_with_the_line_that_it_stands_next_to() -> None:
    edit = LineEdit(How.INSERT, OLD.splitlines().index("# region two"), "X = 1")
    for name, kind in {"two": Kind.CLEAN, "three": Kind.FAULT, "one": Kind.FAULT}.items():
        result = NEW.replace(f"# region {name}", f"X = 1\n# region {name}")
        assert judge_line(OLD, edit, NEW, result).kind is kind
    shown = OLD.replace("# region two", f"{conflict('X = 1\n', THREE)}# region two")
    assert judge_line(OLD, edit, NEW, shown).kind is Kind.BESIDE
    hidden = OLD.replace("# region two", f"{conflict('', THREE)}# region two")
    assert judge_line(OLD, edit, NEW, hidden).kind is Kind.FAULT


# Git --------------------------------------------------------------------------------------------


def test_merges_are_those_of_git(tmp_path: Path) -> None:
    both = NEW.replace("Functions", "New functions")
    one, two, three = (
        Merge(OLD, USER, NEW),
        Merge(OLD, OLD.replace("Functions", "Our functions"), both),
        Merge(OLD, OLD, NEW),
    )
    results = merged([one, two, three, one], tmp_path)
    assert results[one] == RIGHT
    assert has_conflict(results[two])
    assert judge(two, results[two]).kind is Kind.CONFLICT
    assert results[three] == NEW


def test_functions_that_look_alike_get_the_lines_of_others(tmp_path: Path) -> None:
    """What this template guards against, with the layout that most templates have."""

    def alike(*names: str) -> str:
        head = "async def {}(\n    arguments: Arguments,\n    context: Context,\n) -> Result:\n"
        body = f'    """Run the tool."""\n    check(arguments)\n{STUB}\n\n'
        return "".join(head.format(name) + body for name in names)

    old, new = alike("two", "three"), alike("one", "two", "three")
    user = old.replace("Run the tool", "Run", 1)
    merge = Merge(old, user, new)
    assert judge(merge, merged([merge], tmp_path)[merge]).kind is Kind.FAULT
