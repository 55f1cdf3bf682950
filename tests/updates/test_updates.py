"""That `copier update` keeps every line that users write where they wrote it.

Nearly all of it is tried with a model of Copier's merge, which does thousands of files in a
second; a sample with Copier itself, and there the model has to be right to the byte. With
UPDATES=1000 in the environment the sample has 1,000 updates, and UPDATES=all tries all for real.
"""

import itertools
import json
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings

from support import checks, declarations
from support.cases import Case, after, edited, is_protected, line_cases, renamed
from support.changes import ADDITIONS, BASES, BY_LINE, CHANGES, PLAIN, Declared
from support.edits import EDITS, HANDLERS, OWNED
from support.environments import OUR_PYTHON, run
from support.merging import (
    Kind,
    LineEdit,
    Merge,
    Verdict,
    judge,
    judge_line,
    merged,
)
from support.rendering import ROOT, Project, commit, copy, copy_template, git
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

SAMPLE = os.environ.get("UPDATES", "16")
EVERYTHING = SAMPLE == "all"
NEWER = ("add several", "change nothing")
"""The changes that are tried together with a new version of the template."""


@pytest.fixture(scope="module")
def render(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, OwnedFiles]:
    """The files of the user, as each version of the template renders them."""
    new_template = copy_template(tmp_path_factory.mktemp("new"))
    with_other_texts(new_template)
    directory = tmp_path_factory.mktemp("answers")
    return {
        version: owned_files(where, directory / version)
        for version, where in zip(VERSIONS, (template, new_template), strict=True)
    }


@pytest.fixture
def projects(versions: Path, tmp_path: Path) -> Projects:
    return Projects(versions, tmp_path / "projects")


# Edits and changes ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cases(render: Mapping[str, OwnedFiles]) -> Mapping[str, Sequence[Case]]:
    found = {base: list(edited(base, render[VERSIONS[0]](BASES[base]))) for base in BASES}
    tried = {case.edit.name for case in itertools.chain(*found.values())}
    assert tried == {edit.name for edit in EDITS}, "some edits suit nothing"
    return found


def judged(merges: Mapping[Any, Merge], directory: Path) -> dict[Any, Verdict]:
    directory.mkdir()
    results = merged(merges.values(), directory)
    verdicts = {merge: judge(merge, results[merge]) for merge in set(merges.values())}
    return {case: verdicts[merge] for case, merge in merges.items()}


def wrong(verdicts: Mapping[Any, Verdict], *kinds: Kind) -> list[str]:
    return [
        f"{case.base}: {case.edit.name}, {case.target or 'anywhere'}, {case.file}: {verdict}"
        for case, verdict in verdicts.items()
        if verdict.kind in kinds
    ]


@pytest.mark.parametrize(
    ("change", "version"),
    [*((change, VERSIONS[0]) for change in CHANGES), *((change, VERSIONS[1]) for change in NEWER)],
)
def test_no_line_of_the_user_is_lost_or_moved(
    change: str,
    version: str,
    render: Mapping[str, OwnedFiles],
    cases: Mapping[str, Sequence[Case]],
    tmp_path: Path,
) -> None:
    merges = {}
    for base, declared in BASES.items():
        answers = after(base, change)
        if answers is None:
            continue
        old, new = render[VERSIONS[0]](declared), render[version](answers)
        names = renamed(declared, answers)
        for case in cases[base]:
            turn = EVERYTHING or case.turn in (None, list(CHANGES).index(change) % 3)
            if turn and is_protected(case.edit, change) and old[case.file] != new[case.file]:
                merges[case] = Merge(old[case.file], case.user, new[case.file], names)
    verdicts = judged(merges, tmp_path / "merges")
    assert not wrong(verdicts, Kind.FAULT, Kind.NEEDLESS)
    if change in ADDITIONS and version == VERSIONS[0]:
        elsewhere = {case: verdict for case, verdict in verdicts.items() if not case.edit.seam}
        assert not wrong(elsewhere, Kind.CONFLICT, Kind.BESIDE)


# Line by line -----------------------------------------------------------------------------------


@pytest.mark.parametrize("file", OWNED)
@pytest.mark.parametrize("base", BY_LINE)
def test_an_edited_line_stays_where_it_is(
    base: str, file: str, render: Mapping[str, OwnedFiles], tmp_path: Path
) -> None:
    files = render[VERSIONS[0]]
    old = files(BY_LINE[base])[file]
    cases: dict[tuple[LineEdit, str], Merge] = {}
    for number, (edit, merges) in enumerate(line_cases(files, base, file)):
        # Each line meets some of the additions, and each addition meets some of the lines.
        some = list(merges) if EVERYTHING else [list(merges)[number % len(merges)]]
        cases |= {(edit, name): merges[name] for name in some}
    results = merged(cases.values(), tmp_path)
    for (edit, name), merge in cases.items():
        verdict = judge_line(old, edit, merge.new, results[merge])
        assert verdict.kind in (Kind.CLEAN, Kind.BESIDE), f"{edit}, {name}: {verdict}"


def twins(declared: Any) -> Any:
    """Return everything twice, with names that take the same space."""
    if isinstance(declared, dict):
        return {f"{name}{end}": one for name, one in declared.items() for end in ("A", "B", "")}
    return [
        with_end(each, end) | {"name": f"{each['name']}_{end}"}
        for each in declared
        for end in ("a", "b")
    ]


def with_short_texts(declared: Declared) -> Declared:
    """Return a declaration without long texts, whose lines have no names."""
    text = {"text": "Hello."} if "text" in declared else {}
    said = [one | {"text": "Hello."} for one in declared.get("messages", ())]
    return declared | text | ({"messages": said} if said else {})


def with_end(declared: Declared, end: str) -> Declared:
    """Return a declaration with other names of classes, which may be there only once."""
    found: Declared = {}
    for key, value in declared.items():
        if isinstance(value, dict):
            found[key] = with_end(value, end)
        else:
            found[key] = value + end if key == "model" else value
    return found


@settings(
    max_examples=200 if EVERYTHING else 20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(declarations.tools(least=1), declarations.resources(least=1), declarations.prompts(least=1))
def test_six_lines_in_a_row_are_nowhere_else(
    render: Mapping[str, OwnedFiles],
    tools: list[Declared],
    resources: list[Declared],
    prompts: list[Declared],
) -> None:
    lists = {"tools": tools, "resources": resources, "prompts": prompts}
    answers = {
        kind: twins([with_short_texts(one) for one in declared]) for kind, declared in lists.items()
    }
    for file, text in render[VERSIONS[0]](answers).items():
        check_context(file, text)


@pytest.mark.parametrize("base", BY_LINE)
def test_six_lines_of_what_looks_alike_are_nowhere_else(
    base: str, render: Mapping[str, OwnedFiles], template: Path, tmp_path: Path
) -> None:
    answers = {kind: twins(declared) for kind, declared in BY_LINE[base].items()}
    beside_the_example = owned_files(template, tmp_path / "project", example=True)
    for files in (render[VERSIONS[0]], beside_the_example):
        for file, text in files(answers).items():
            check_context(file, text)


def check_context(file: str, text: str) -> None:
    """Wherever somebody writes, the three lines above and the three below say where it is."""
    seen: dict[tuple[str, ...], int] = {}
    lines = text.splitlines()
    for number in range(len(lines) - 5):
        context = tuple(lines[number : number + 6])
        assert context not in seen, (
            f"{file}: the same lines from {seen[context] + 1} and {number + 1}: {context}"
        )
        seen[context] = number


def test_lines_that_are_somewhere_else_as_well_are_found() -> None:
    lines = [f"line {number}\n" for number in range(6)]
    check_context("a file", "".join(lines) + "another line\n" + "".join(lines[:5]))
    with pytest.raises(AssertionError, match="from 1 and 8"):
        check_context("a file", "".join(lines) + "another line\n" + "".join(lines))


# For real ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """One update, with an edit in each file."""

    base: str
    change: str
    version: str
    cases: Mapping[str, Case]


def sample(cases: Mapping[str, Sequence[Case]]) -> Iterator[Plan]:
    """Yield a few plans out of all, the same every time, or all of them."""
    by_file = {
        base: {file: [case for case in found if case.file == file] for file in OWNED}
        for base, found in cases.items()
    }
    everything = [(base, change) for base in BASES for change in CHANGES if after(base, change)]
    if EVERYTHING:
        for base, change in everything:
            for row in itertools.zip_longest(*by_file[base].values()):
                yield Plan(base, change, VERSIONS[0], {case.file: case for case in row if case})
        return
    chance = random.Random(2026)  # noqa: S311 - the same every time is what it is for
    for _ in range(int(SAMPLE)):
        base, change = chance.choice(everything)
        chosen = {file: chance.choice(found) for file, found in by_file[base].items() if found}
        yield Plan(base, change, chance.choice(VERSIONS), chosen)


@pytest.mark.parametrize("part", range(4))
def test_copier_does_what_the_model_says(
    part: int,
    render: Mapping[str, OwnedFiles],
    cases: Mapping[str, Sequence[Case]],
    projects: Projects,
    tmp_path: Path,
) -> None:
    for number, plan in enumerate(itertools.islice(sample(cases), part, None, 4)):
        answers = after(plan.base, plan.change)
        assert answers is not None
        old, new = render[VERSIONS[0]](BASES[plan.base]), render[plan.version](answers)
        project = projects(BASES[plan.base], VERSIONS[0])
        assert owned(project) == old
        user = old | {file: case.user for file, case in plan.cases.items()}
        write(project, user)
        update(project, answers, plan.version)
        names = renamed(BASES[plan.base], answers)
        merges = {file: Merge(old[file], user[file], new[file], names) for file in OWNED}
        place = tmp_path / f"merges-{number}"
        place.mkdir()
        expected = merged(merges.values(), place)
        for file, text in owned(project).items():
            assert text == expected[merges[file]], f"{file}: {plan}"
            if file in plan.cases and not is_protected(plan.cases[file].edit, plan.change):
                continue
            verdict = judge(merges[file], text)
            assert verdict.kind not in (Kind.FAULT, Kind.NEEDLESS), f"{file}: {plan}: {verdict}"
        assert not list(project.path.rglob("*.rej"))
        projects.forget(project)


FRESH = [
    ("alike", "add several", VERSIONS[0]),
    ("alike", "rename the first tool", VERSIONS[1]),
    ("alike", "remove everything", VERSIONS[0]),
    ("plain", "add a tool with other imports", VERSIONS[1]),
    ("plain", "serve over HTTP", VERSIONS[0]),
    ("nothing", "add one of each", VERSIONS[0]),
]


@pytest.mark.parametrize(("base", "change", "version"), FRESH)
def test_an_update_without_edits_equals_a_fresh_render_and_another_changes_nothing(
    base: str, change: str, version: str, projects: Projects
) -> None:
    answers = after(base, change)
    assert answers is not None
    project = projects(BASES[base], VERSIONS[0])
    update(project, answers, version)
    checks.check_same(project, projects(answers, version))
    commit(project.path)
    update(project, answers, version)
    assert not git(project.path, "status", "--porcelain")


def test_an_answers_file_of_the_oldest_version_leads_to_a_fresh_render(
    versions: Path, tmp_path: Path
) -> None:
    recorded = (ROOT / "tests" / "answers" / "v0.1.yml").read_text("utf-8")
    answers = {k: v for k, v in yaml.safe_load(recorded).items() if not k.startswith("_")}
    repository = tmp_path / "template"
    git(tmp_path, "clone", "--quiet", str(versions), str(repository))
    git(repository, "tag", "v0.1.0", VERSIONS[0])
    url = f"git+{repository.as_uri()}"
    project = copy(url, tmp_path / "project", vcs_ref="v0.1.0", **answers)
    text = recorded.replace("git+https://example.com/template.git", url)
    (project.path / checks.ANSWERS_FILE).write_text(text, "utf-8", newline="\n")
    commit(project.path)
    update(project, {}, VERSIONS[1])
    checks.check_same(project, copy(url, tmp_path / "fresh", vcs_ref=VERSIONS[1], **answers))


# The code that comes out ------------------------------------------------------------------------

CALL = """
import asyncio, json, sys
from mcp import Client
from harbour_log.server import build_server


async def call() -> None:
    async with Client(build_server()) as client:
        for name, arguments in json.loads(sys.argv[1]).items():
            result = await client.call_tool(name, arguments)
            print(name, result.is_error, result.content[0].text)


asyncio.run(call())
"""


def answers_of(project: Project, calls: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Call tools of a project, and return what they answer."""
    done = run(
        *(OUR_PYTHON, "-c", CALL, json.dumps(calls)),
        directory=project.path,
        PYTHONPATH=str(project.path / "src"),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


STUB = '    raise NotImplementedError("search_notes")\n'
BODY = """\
    words = arguments.query.split()
    return schemas.SearchNotesResult(notes=words)
"""


@pytest.mark.parametrize(
    "change", ["add several", "add an argument second", "remove the first tool"]
)
def test_implemented_tools_go_on_answering_and_new_ones_are_stubs(
    change: str, projects: Projects
) -> None:
    project = projects(PLAIN, VERSIONS[0])
    handlers = owned(project)[HANDLERS]
    assert STUB in handlers
    write(project, {HANDLERS: handlers.replace(STUB, BODY)})
    calls = {"search_notes": {"query": "rice pudding"}}
    before = answers_of(project, calls)
    assert before == ['search_notes False {"notes":["rice","pudding"]}']

    answers = after("plain", change)
    assert answers is not None
    update(project, answers, VERSIONS[1])
    if change == "add an argument second":
        calls["search_notes"]["tag"] = "new"
    stubs = sorted({tool["name"] for tool in answers["tools"]} - {"search_notes"})
    calls |= {name: {} if name == "archive" else {"query": "rice"} for name in stubs}
    assert answers_of(project, calls) == [
        *before,
        *(f"{name} True {name} is declared, but not implemented yet." for name in stubs),
    ]
    if change == "add several":
        checks.check_tests(project, "-x", *checks.CATALOG_TESTS)
