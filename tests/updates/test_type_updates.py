"""That types come, change and go beside what owners wrote into their classes."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest

from support.cases import line_edits
from support.changes import SHARED, Declared, add_type, changed, shared_type, using
from support.edits import SCHEMAS
from support.merging import How, Merge, has_conflict, merged, sides
from support.rendering import commit
from support.updating import VERSIONS, Projects, changes_of, owned_files, update


def remove(*names: str) -> Callable[[Declared], None]:
    def change(answers: Declared) -> None:
        for name in names:
            del answers["types"][name]
        answers["tools"] = [one for one in answers["tools"] if one["name"] != "find_people"]

    return change


def rename(answers: Declared) -> None:
    remove("Person")(answers)
    add_type("Visitor", shared_type("Visitor"))(answers)
    answers["tools"].append(using("find_people", "Visitor"))


def change_fields(answers: Declared) -> None:
    fields = answers["types"]["Person"]["fields"]
    fields["limit"]["le"] = 50
    answers["types"]["Person"]["fields"] = {"first": deepcopy(fields["story"])} | fields


def describe(answers: Declared) -> None:
    answers["types"]["Person"]["description"] = "Somebody whom all know."
    answers["types"]["PersonShape"]["description"] = "How somebody looks."
    answers["types"]["PersonKind"]["description"] = "What somebody is."


CHANGES = {
    "add a type": add_type("Person2", shared_type("Person2")),
    "remove a type": remove("Person"),
    "remove several": remove("Note", "Person", "NoteShape", "TaskKind"),
    "rename a type": rename,
    "change its fields": change_fields,
    "describe it": describe,
}
RENAMED = {"Person": "Visitor"}


def regions_of_lines(text: str) -> list[str]:
    """Return for each line the region that it is in, or nothing."""
    found, name = [], ""
    for line in text.splitlines():
        if line.startswith("# region "):
            name = line.split()[2]
        found.append(name)
        if line.startswith("# endregion "):
            name = ""
    return found


def regions(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, line in zip(regions_of_lines(text), text.splitlines(), strict=True):
        found.setdefault(name, []).append(line)
    return found


@pytest.mark.parametrize("name", CHANGES)
def test_an_edit_of_a_type_stays_in_it(name: str, template: Path, tmp_path: Path) -> None:
    """Wherever a line was edited, every other region is what a fresh render has."""
    render = owned_files(template, tmp_path / "project")
    old, new = (render(one)[SCHEMAS] for one in (SHARED, changed(SHARED, CHANGES[name])))
    fresh = regions(new)
    merges = {}
    for edit in line_edits(old):
        user = "".join(f"{line}\n" for line in edit.apply(old.splitlines()))
        merges[edit] = Merge(old, user, new)
    results = merged(merges.values(), tmp_path)
    places, lines_before = regions_of_lines(old), old.splitlines()
    clean = 0
    for edit, merge in merges.items():
        result = results[merge]
        if edit.how is How.DELETE and "region " in lines_before[edit.number]:
            continue  # Where a region begins or ends is not there any more.
        if has_conflict(result):
            assert sides(result)[1] == new, edit
            continue
        clean += 1
        # Between two regions it belongs to neither.
        at = {
            places[edit.number],
            *([places[edit.number - 1], ""] if edit.how is How.INSERT else []),
        }
        at |= {RENAMED[one] for one in at & RENAMED.keys() if name == "rename a type"}
        for region, lines in regions(result).items():
            assert region in at or lines == fresh[region], (edit, region)
    assert clean > len(merges) / 2


OWN = '''
    @property
    def is_top(self) -> bool:
        """Tell whether nothing is below it."""
        return not self.parts

'''
CONFIGURATION = '    model_config = ConfigDict(title="Person")\n'


def test_types_come_and_go_in_a_project(versions: Path, tmp_path: Path) -> None:
    projects = Projects(versions, tmp_path / "projects")
    project = projects(SHARED, VERSIONS[-1])
    schemas = project.package / "tools" / "schemas.py"
    edited = schemas.read_text("utf-8").replace(CONFIGURATION, f"{OWN}{CONFIGURATION}")
    assert OWN in edited
    schemas.write_text(edited, "utf-8", newline="\n")
    commit(project.path)
    for name in ("add a type", "change its fields", "describe it"):
        answers = changed(SHARED, CHANGES[name])
        update(project, {kind: answers[kind] for kind in ("types", "tools")})
        found = schemas.read_text("utf-8")
        assert not has_conflict(found)
        assert f"{OWN}{CONFIGURATION}" in found
        fresh = projects(answers, VERSIONS[-1]).package / "tools" / "schemas.py"
        assert found.replace(OWN, "") == fresh.read_text("utf-8")
        commit(project.path)
    # A list of tools that is not passed stays, so a type that they use cannot go.
    with pytest.raises(ValueError, match="This project has a list of tools") as refused:
        update(project, {"types": {}})
    used = "Note, Person, Task, NoteShape, PersonShape, TaskShape"
    said = (
        f"\n    Its fields have types that are not in types any more: {used}. Keep these, or pass"
    )
    assert said in str(refused.value)
    assert changes_of(project) == {}
    update(project, {"types": {}, "tools": []})
    found = schemas.read_text("utf-8")
    assert has_conflict(found)
    assert "is_top" in found
