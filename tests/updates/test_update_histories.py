"""Whole lives of projects: edits and updates in any order, and nothing of the user is ever lost.

HISTORIES=1000 in the environment tries as many of them, each another one every time.
"""

import os
import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from support.changes import (
    LISTS,
    PLAIN,
    Change,
    Declared,
    add,
    add_argument,
    add_field,
    add_object,
    changed,
    describe,
    hint,
    look_alike,
    nothing,
    prompt,
    remove,
    remove_field,
    resource,
)
from support.edits import EDITS, Edit, NotHereError
from support.merging import Kind, Merge, has_conflict, judge, merged
from support.rendering import copy_template
from support.updating import (
    VERSIONS,
    OwnedFiles,
    Projects,
    owned,
    owned_files,
    update,
    with_other_texts,
    write,
)

HISTORIES = int(os.environ.get("HISTORIES", "0"))
NAMES = ("alpha", "beta", "gamma", "delta")
CALM = [edit for edit in EDITS if not edit.moves]
"""The edits that docs/updates.md protects, whatever comes."""

CHANGES: Mapping[str, Change] = {
    **{f"add the tool {name}": add("tools", look_alike(name)) for name in NAMES},
    **{
        f"add the resource {name}": add("resources", resource(f"{name}_resource", template=turn))
        for name, turn in zip(NAMES, (True, False, True, False), strict=True)
    },
    **{f"add the prompt {name}": add("prompts", prompt(f"{name}_prompt")) for name in NAMES},
    **{f"remove one of the {kind}": remove(kind, 0) for kind in LISTS},
    **{f"remove the last of the {kind}": remove(kind, -1) for kind in LISTS},
    "describe a tool": describe("tools", -1),
    "give other hints": hint(0),
    "add a field": add_field(0, "arguments", 1, "tag"),
    "add a field at the end": add_field(-1, "result", -1, "state"),
    "add an object": add_object(0),
    "remove a field": remove_field(-1, "arguments", 0),
    "add an argument": add_argument(0, -1),
    "change nothing": nothing,
}


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The template in two versions: as it is, and with other texts."""
    found = {version: copy_template(tmp_path_factory.mktemp("template")) for version in VERSIONS}
    with_other_texts(found[VERSIONS[1]])
    return found


@pytest.fixture(scope="module")
def render(
    templates: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, OwnedFiles]:
    directory = tmp_path_factory.mktemp("answers")
    return {
        version: owned_files(template, directory / version)
        for version, template in templates.items()
    }


class History:
    """A project, without its files that nobody but the template writes."""

    def __init__(self, render: Mapping[str, OwnedFiles], directory: Path) -> None:
        self._render = render
        self._directory = directory
        self._updates = 0
        self.version = VERSIONS[0]
        self.answers: Declared = PLAIN
        self.old = render[self.version](self.answers)
        self.files = dict(self.old)

    def edit(self, edit: Edit, which: int) -> None:
        """Let the user edit something, if there is something like it."""
        names = sorted(each["name"] for each in self.answers[edit.kind]) if edit.kind else [""]
        try:
            self.files |= edit.apply(self.files, names[which % len(names)]) if names else {}
        except NotHereError:
            return

    def change(self, change: Change, version: str) -> bool:
        """Update, and judge what comes out; return whether there was something to be changed."""
        try:
            answers = changed(self.answers, change)
        except LookupError:
            return False
        names = [each["name"] for kind in LISTS for each in answers[kind]]
        if len(set(names)) < len(names):
            return False  # It was added before.
        new = self._render[version](answers)
        merges = {name: Merge(self.old[name], self.files[name], new[name]) for name in new}
        self._updates += 1
        directory = self._directory / str(self._updates)
        directory.mkdir(parents=True)
        results = merged(merges.values(), directory)
        for name, merge in merges.items():
            result = results[merge]
            verdict = judge(merge, result)
            assert verdict.kind is not Kind.FAULT, f"{name}: {verdict}"
            # Whoever decides a conflict may as well begin anew.
            self.files[name] = merge.new if has_conflict(result) else result
        self.answers, self.old, self.version = answers, new, version
        return True


def test_nothing_is_lost_over_many_updates(
    render: Mapping[str, OwnedFiles], tmp_path_factory: pytest.TempPathFactory
) -> None:
    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.history = History(render, tmp_path_factory.mktemp("history"))

        @rule(edit=st.sampled_from(CALM), which=st.integers(0, 5))
        def edit(self, edit: Edit, which: int) -> None:
            self.history.edit(edit, which)

        @rule(change=st.sampled_from(sorted(CHANGES)), version=st.sampled_from(VERSIONS))
        @precondition(lambda self: self.history.files != self.history.old)
        def update(self, change: str, version: str) -> None:
            self.history.change(CHANGES[change], version)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=HISTORIES or 60,
            stateful_step_count=30 if HISTORIES else 16,
            deadline=None,
            derandomize=not HISTORIES,
            database=None,
            phases=(Phase.generate, Phase.shrink) if HISTORIES else (Phase.generate,),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_copier_tells_the_same_history(
    seed: int, render: Mapping[str, OwnedFiles], versions: Path, tmp_path: Path
) -> None:
    project = Projects(versions, tmp_path / "projects")(PLAIN, VERSIONS[0])
    history = History(render, tmp_path / "merges")
    chance = random.Random(seed)  # noqa: S311 - the same every time is what it is for
    for _ in range(5):
        for _ in range(6):
            history.edit(chance.choice(CALM), chance.randrange(6))
        write(project, history.files)
        # Copier goes to newer versions only.
        version = max(history.version, chance.choice(VERSIONS))
        if history.change(CHANGES[chance.choice(sorted(CHANGES))], version):
            update(project, history.answers, version)
            found = owned(project)
            for name, text in history.files.items():
                assert has_conflict(found[name]) or found[name] == text
            write(project, history.files)
    assert history.answers != PLAIN
