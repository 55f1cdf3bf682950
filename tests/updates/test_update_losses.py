"""That an update loses nothing of the owner's without a word, by Copier itself.

What goes with an answer is refused or named, what code of the owner's own imports stays, and what
git hides from Copier is found by the rendered tests.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from support import checks
from support.changes import ALIKE, NOTHING, PLAIN, Declared, dated, look_alike
from support.edits import HANDLERS, PROMPT_HANDLERS, PROVIDERS, SCHEMAS, TOOLS
from support.environments import OUR_PYTHON, run
from support.merging import has_conflict
from support.own_code import CALL, ENTRIES, with_own_code
from support.rendering import Project, commit, copy, files, git
from support.updating import (
    NAME,
    VERSIONS,
    Projects,
    changes_of,
    copier_update,
    owned,
    update,
    write,
)

NO_LISTS: Declared = {"tools": None, "resources": None, "prompts": None}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8", newline="\n")


# The package ------------------------------------------------------------------------------------


def test_an_update_refuses_to_rename_the_package(projects: Projects) -> None:
    project = projects(PLAIN, VERSIONS[0])
    edit(project.package / HANDLERS, "raise NotImplementedError", "return None  # ")
    commit(project.path)
    done = copier_update(project, {"package_name": "sea_log"})
    assert done.returncode != 0
    assert "git mv src/harbour_log src/sea_log" in done.stderr
    assert changes_of(project) == {}


def test_other_names_of_the_project_leave_the_package(projects: Projects) -> None:
    project = projects(PLAIN, VERSIONS[0])
    edit(project.package / HANDLERS, "raise NotImplementedError", "return None  # ")
    commit(project.path)
    update(project, {"project_name": "Sea Log", "distribution_name": "sea-log"})
    assert "return None" in (project.package / HANDLERS).read_text("utf-8")
    assert list((project.path / "src").iterdir()) == [project.package]
    assert 'sea-log = "harbour_log.__main__' in (project.path / "pyproject.toml").read_text("utf-8")


def test_a_package_that_is_renamed_by_hand_is_updated_as_any_other(projects: Projects) -> None:
    project = projects(PLAIN, VERSIONS[0])
    edit(project.package / HANDLERS, "raise NotImplementedError", "return None  # ")
    commit(project.path)
    git(project.path, "mv", "src/harbour_log", "src/sea_log")
    for name in git(project.path, "grep", "-il", "harbour_log").splitlines():
        path = project.path / name
        text = path.read_text("utf-8").replace("harbour_log", "sea_log")
        path.write_text(text.replace("HARBOUR_LOG", "SEA_LOG"), "utf-8", newline="\n")
    commit(project.path)
    update(project, {}, VERSIONS[1])
    fresh = projects(PLAIN | {"package_name": "sea_log"}, VERSIONS[1])
    edit(fresh.package / HANDLERS, "raise NotImplementedError", "return None  # ")
    checks.check_same(project, fresh)


def test_an_update_in_a_directory_with_signs_of_patterns(projects: Projects) -> None:
    project = projects(PLAIN, VERSIONS[0])
    strange = project.copied_to(project.path.parent / "[a] *?")
    done = copier_update(strange, {"package_name": "sea_log"})
    assert "git mv src/harbour_log src/sea_log" in done.stderr


def test_a_project_behind_a_symbolic_link_is_copied_again(template: Path, tmp_path: Path) -> None:
    copy(template, tmp_path / "project", **NAME)
    (tmp_path / "link").symlink_to(tmp_path / "project")
    copy(template, tmp_path / "link", **NAME)


# Authorization ------------------------------------------------------------------------------------

SCOPED: list[dict[str, Any]] = [
    {"name": "add_note", "description": "Add a note.", "scopes": ["notes:write"]},
    {"name": "list_notes", "description": "List the notes."},
]


def test_authorization_comes_and_goes_with_what_its_owner_has_written(projects: Projects) -> None:
    project = projects(PLAIN | {"http": True}, VERSIONS[0])
    edits = {
        "settings.py": ("# Your own settings go below.", 'greeting: str = "Hello"'),
        "lifespan.py": ("# What you open goes below.", "greeted: int = 0"),
        "server.py": ("def build_server(", 'GREETING = "Hello"\n\n\ndef build_server('),
    }
    for name, (old, new) in edits.items():
        added = new if old in new else f"{old}\n\n    {new}"
        edit(project.package / name, old, added)
    commit(project.path)
    update(project, {"auth": "jwt"})
    commit(project.path)
    for name, (_, new) in edits.items():
        text = (project.package / name).read_text("utf-8")
        assert new in text
        assert not has_conflict(text)
    assert "auth_issuer" in (project.package / "settings.py").read_text("utf-8")
    assert "RequiredScopes(" in (project.package / "server.py").read_text("utf-8")
    done = copier_update(project, {"auth": "none"})
    assert done.returncode == 0
    assert "runtime/transports/tokens.py" in done.stderr
    for name, (_, new) in edits.items():
        text = (project.package / name).read_text("utf-8")
        assert new in text
        assert not has_conflict(text)
        assert "auth" not in text.replace("authentication", "").replace("author", "")


def test_authorization_does_not_go_while_scopes_are_declared(projects: Projects) -> None:
    project = projects(PLAIN | {"http": True, "auth": "jwt", "tools": SCOPED}, VERSIONS[0])
    for answers in ({"auth": "none"}, {"http": False}):
        done = copier_update(project, answers)
        assert done.returncode != 0
        assert "a list of tools" in done.stderr
        assert changes_of(project) == {}
    bare = [{name: part for name, part in one.items() if name != "scopes"} for one in SCOPED]
    done = copier_update(project, {"auth": "none", "tools": bare})
    assert done.returncode == 0, done.stderr


# What goes with an answer -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", NO_LISTS)
def test_a_list_does_not_go(kind: str, projects: Projects) -> None:
    project = projects(PLAIN, VERSIONS[0])
    done = copier_update(project, {kind: None})
    assert done.returncode != 0
    assert f"a list of {kind}" in done.stderr
    assert "write []" in done.stderr
    assert changes_of(project) == {}


def test_a_recorded_list_that_is_not_valid_any_more_is_not_dropped(
    repository: Path, tmp_path: Path
) -> None:
    url = f"git+{repository.as_uri()}"
    project = copy(url, tmp_path / "project", **NAME, **PLAIN, example=False)
    commit(project.path)
    edit(repository / "copier.yml", "{{ check(tools, types) or", "{{ 'No list will do.' or")
    commit(repository, VERSIONS[1])
    done = copier_update(project, {})
    assert done.returncode != 0
    assert "not valid any more" in done.stderr
    assert changes_of(project) == {}


EVERYTHING = {
    "example": True,
    "database": "sqlite",
    "http": True,
    "auth": "jwt",
    "http_client": True,
    "interactive": True,
    "skills": True,
    "github_user": "ada",
}
OFF = {"github_user": "", "auth": "none", "database": "none"}


@pytest.mark.parametrize("answer", EVERYTHING)
def test_files_that_go_with_an_answer_are_named(answer: str, projects: Projects) -> None:
    project = projects(NOTHING | EVERYTHING, VERSIONS[0])
    # One that is deleted by hand is no news.
    deleted = {"http": project.package / "runtime" / "transports" / "resumption.py"}.get(answer)
    if deleted:
        deleted.unlink()
        commit(project.path)
    done = copier_update(project, {answer: OFF.get(answer, False)})
    assert done.returncode == 0, done.stderr
    gone = {name for name, state in changes_of(project).items() if "D" in state}
    named = re.findall(r"git show HEAD:\./(\S+)", done.stderr)
    assert sorted(gone) == sorted(named) != []
    for name in gone:
        assert git(project.path, "show", f"HEAD:./{name}")


@pytest.mark.parametrize("databases", [("sqlite", "postgres"), ("postgres", "sqlite")])
def test_files_that_go_with_the_other_database_are_named(
    databases: tuple[str, str], projects: Projects
) -> None:
    project = projects(NOTHING | {"database": databases[0]}, VERSIONS[0])
    done = copier_update(project, {"database": databases[1]})
    assert done.returncode == 0, done.stderr
    gone = {name for name, state in changes_of(project).items() if "D" in state}
    assert gone == {*re.findall(r"git show HEAD:\./(\S+)", done.stderr)} != set()


def test_files_of_the_layout_before_are_named(projects: Projects) -> None:
    project = projects(NOTHING, VERSIONS[0])
    git(project.path, "mv", "tests/runtime/test_tools.py", "tests/test_tools.py")
    git(project.path, "rm", "-r", "--quiet", "tests/runtime")
    calls = "src/harbour_log/runtime/calls.py"
    git(project.path, "mv", "src/harbour_log/runtime/logs.py", calls)
    commit(project.path)
    done = copier_update(project, {})
    assert re.findall(r"git show HEAD:\./(\S+)", done.stderr) == [calls, "tests/test_tools.py"]


def test_nothing_is_named_where_nothing_goes(projects: Projects) -> None:
    project = projects(NOTHING | EVERYTHING, VERSIONS[0])
    done = copier_update(project, {"resources": PLAIN["resources"]})
    assert done.returncode == 0, done.stderr
    assert "git show" not in done.stderr
    assert "git status" in done.stderr


def test_what_the_owner_wrote_into_skills_stays(projects: Projects) -> None:
    project = projects(NOTHING | {"skills": True}, VERSIONS[0])
    (skill,) = (project.package / "skills").iterdir()
    edit(skill / "SKILL.md", "If something fails", "Ask if in doubt. If something fails")
    own = project.package / "skills" / "keep-a-log" / "SKILL.md"
    own.parent.mkdir()
    own.write_text("---\nname: keep-a-log\ndescription: How to keep a log.\n---\n", "utf-8")
    commit(project.path)
    update(project, {"http": True, "example": True}, VERSIONS[1])
    assert "Ask if in doubt. If something" in (skill / "SKILL.md").read_text("utf-8")
    assert "search_files" in (skill / "SKILL.md").read_text("utf-8")
    commit(project.path)
    done = copier_update(project, {"skills": False})
    assert f"git show HEAD:./{skill.relative_to(project.path)}/SKILL.md" in done.stderr
    assert not skill.exists()
    assert own.exists()


# The client for other servers -------------------------------------------------------------------

LIFESPAN = "lifespan.py"
CLIENT = {"http_client": True}
WITH_EXAMPLE = {"example": True}


def edited(projects: Projects) -> Project:
    """Return a project whose owner has added tools, a setting and a field of the state."""
    project = projects(NO_LISTS | WITH_EXAMPLE, VERSIONS[0])
    write(project, with_own_code(owned(project)))
    below = "    # Your own settings go below.\n"
    setting = '\n    own: str = ""\n    """A setting."""\n'
    edit(project.package / "settings.py", below, below + setting)
    below = "    # What you open goes below.\n"
    edit(project.package / LIFESPAN, below, below + '    own: str = ""\n')
    commit(project.path)
    return project


def test_the_client_for_other_servers_comes_and_goes_and_leaves_nothing(
    projects: Projects, type_cache: Path
) -> None:
    project = edited(projects)
    before = project.copied_to(project.path.parent / f"{project.path.name}-before")
    update(project, CLIENT, VERSIONS[1])
    texts = {name: path.read_text("utf-8") for name, path in files(project.package)}
    assert not [name for name, text in texts.items() if has_conflict(text)]
    assert 'own: str = ""' in texts["settings.py"]
    assert "http_client_timeout" in texts["settings.py"]
    checks.check_style(project)
    checks.check_types(project, type_cache)
    copied = project.copied_to(project.path.parent / f"{project.path.name}-tested")
    checks.check_tests(copied, "tests/test_workspace.py", "tests/test_settings.py")
    commit(project.path)
    done = copier_update(project, {"http_client": False})
    assert done.returncode == 0, done.stderr
    gone = {name for name, state in changes_of(project).items() if "D" in state}
    assert gone == set(re.findall(r"git show HEAD:\./(\S+)", done.stderr))
    update(before, {}, VERSIONS[1])
    checks.check_same(project, before)


def test_where_both_open_something_an_update_shows_a_conflict(projects: Projects) -> None:
    project = edited(projects)
    opened = "async with connect() as own, runtime.background_tasks() as tasks:"
    edit(project.package / LIFESPAN, "async with runtime.background_tasks() as tasks:", opened)
    commit(project.path)
    update(project, CLIENT)
    text = (project.package / LIFESPAN).read_text("utf-8")
    assert has_conflict(text)
    assert opened in text
    assert "runtime.open_http_client(" in text


# Databases --------------------------------------------------------------------------------------

OWN_LINES = {
    "lifespan.py": [
        ("    # What you open goes below.\n", "    started: float\n"),
        ("            # What you opened goes below.\n", "            started=0.5,\n"),
    ],
    "settings.py": [("    # Your own settings go below.\n", '\n    greeting: str = "Hello"\n')],
}


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_database_comes_and_goes_and_what_the_owner_wrote_stays(
    database: str, projects: Projects, type_cache: Path
) -> None:
    project = projects(NOTHING | {"http": True}, VERSIONS[0])
    for name, lines in OWN_LINES.items():
        for above, line in lines:
            edit(project.package / name, above, above + line)
    commit(project.path)
    before = {name: (project.package / name).read_text("utf-8") for name in OWN_LINES}

    update(project, {"database": database})
    for name, lines in OWN_LINES.items():
        text = (project.package / name).read_text("utf-8")
        assert not has_conflict(text)
        assert all(above + line in text for above, line in lines)
        assert "database" in text
    checks.check_style(project)
    checks.check_types(project, type_cache)
    migration = project.package / "migrations" / "0001_notes.sql"
    migration.write_text("CREATE TABLE notes (id integer);\n")
    commit(project.path)

    done = copier_update(project, {"database": "none"})
    assert done.returncode == 0, done.stderr
    assert {name: (project.package / name).read_text("utf-8") for name in OWN_LINES} == before
    assert migration.exists(), "it is the owner's"
    gone = {name for name, state in changes_of(project).items() if "D" in state}
    assert gone == {*re.findall(r"git show HEAD:\./(\S+)", done.stderr)} != set()


# Imports ----------------------------------------------------------------------------------------

BARE = NOTHING | {"tools": [PLAIN["tools"][0]]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PLAIN, NOTHING),
        (PLAIN, BARE),
        (NOTHING, PLAIN),
        (PLAIN | WITH_EXAMPLE, PLAIN | {"example": False}),
        (NO_LISTS | WITH_EXAMPLE, {"example": False}),
    ],
    ids=["no tool", "no field", "the first tool", "no example", "nothing any more"],
)
def test_what_own_code_is_made_of_stays_imported(
    before: Declared, after: Declared, projects: Projects, type_cache: Path
) -> None:
    project = projects(before, VERSIONS[0])
    write(project, with_own_code(owned(project)))
    update(project, after, VERSIONS[1])
    assert not any(map(has_conflict, owned(project).values()))
    checks.check_style(project)
    checks.check_types(project, type_cache)
    done = run(
        *(OUR_PYTHON, "-c", CALL),
        directory=project.path,
        PYTHONPATH=str(project.path / "src"),
    )
    assert done.stdout.splitlines() == ["{'text': 'rice'}", "text", "tea"], done.stderr


NAMES_TEST = ("tests/runtime/test_project.py", "-k", "names_are_known or no_update_left or hides")


def failures_of(project: Project, *tests: str) -> str:
    with pytest.raises(AssertionError) as failed:
        checks.check_tests(project, *(tests or NAMES_TEST))
    return str(failed.value)


def test_an_import_that_went_with_a_declaration_is_missed(projects: Projects) -> None:
    project = projects(NOTHING | {"tools": [dated("list_dates")]}, VERSIONS[0])
    text = owned(project)[SCHEMAS]
    write(project, {SCHEMAS: f"{text}\n\ndef since() -> str:\n    return str(datetime.MINYEAR)\n"})
    checks.check_tests(project, *NAMES_TEST)
    update(project, NOTHING)
    assert "`datetime`" in failures_of(project)


# What was by hand and is declared now -----------------------------------------------------------


def test_a_tool_that_is_declared_a_second_time_is_noticed(projects: Projects) -> None:
    project = projects(NOTHING, VERSIONS[0])
    write(project, with_own_code(owned(project)))
    own = look_alike("own") | {"arguments": {}, "result": {}}
    update(project, NOTHING | {"tools": [own]})
    git(project.path, "add", "--all")
    failed = run(
        *(OUR_PYTHON, "-m", "harbour_log", "--client-config", "generic"),
        directory=project.path,
        PYTHONPATH=str(project.path / "src"),
    )
    assert "two tools in the catalog have the same name" in failed.stderr
    # Without the entry by hand, only the functions and models are there twice.
    write(project, {TOOLS: owned(project)[TOOLS].replace(ENTRIES[TOOLS][0].lstrip("\n"), "")})
    failure = failures_of(project)
    assert re.search(r"handlers\.py.*`own`", failure)
    assert re.search(r"schemas\.py.*`OwnArguments`", failure)


def test_a_time_limit_by_hand_that_passes_to_another_tool_is_noticed(projects: Projects) -> None:
    one, two = look_alike("find_notes"), look_alike("find_people")
    project = projects(NOTHING | {"tools": [one]}, VERSIONS[0])
    edit(project.package / TOOLS, "read_only=True,\n", "read_only=True,\n        time_limit=2.5,\n")
    declared = project.path / "tests" / "test_declared.py"
    edit(
        declared, "CHANGED_BY_HAND: set[str] = set()", 'CHANGED_BY_HAND: set[str] = {"find_notes"}'
    )
    commit(project.path)
    update(project, NOTHING | {"tools": [two]})
    assert "time_limit" in failures_of(project, "tests/test_declared.py", "-k", "belong_together")


MODULES = [
    (HANDLERS, "tools", "find_notes"),
    (SCHEMAS, "tools", "FindNotes"),
    (PROVIDERS, "resources", "daily"),
    (PROMPT_HANDLERS, "prompts", "explain"),
]


@pytest.mark.parametrize(("file", "kind", "name"), MODULES, ids=[file for file, *_ in MODULES])
def test_a_module_that_has_become_a_package_misses_what_is_declared(
    file: str, kind: str, name: str, projects: Projects
) -> None:
    project = projects(NOTHING, VERSIONS[0])
    package = (project.package / file).with_suffix("")
    package.mkdir()
    git(project.path, "mv", f"src/harbour_log/{file}", f"src/harbour_log/{file[:-3]}/__init__.py")
    module = package / "__init__.py"
    text = module.read_text("utf-8")
    module.write_text(re.sub(r"from (\.+)(?=[\w ])", r"from .\1", text), "utf-8", newline="\n")
    commit(project.path)
    checks.check_tests(project, "--collect-only")
    update(project, NOTHING | {kind: ALIKE[kind]})
    assert not (project.package / file).exists()
    failure = failures_of(project, "--collect-only")
    assert re.search(f"AttributeError: module .* has no attribute '{name}", failure)


# What git hides ---------------------------------------------------------------------------------


def in_a_monorepo(project: Project) -> Project:
    """Return the project in a subdirectory of a larger repository."""
    top = project.path.parent / f"{project.path.name}-repository"
    inside = project.copied_to(top / "services" / "log")
    git(inside.path, "rev-parse")
    for path in sorted((inside.path / ".git").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (inside.path / ".git").rmdir()
    commit(top)
    return inside


def described(words: str) -> Declared:
    tool = {**PLAIN["tools"][1], "arguments": {"query": {"type": "str", "description": words}}}
    return NOTHING | {"tools": [tool]}


OURS, THEIRS = 'description="Ours."', 'description="Theirs."'


def with_an_edit(projects: Projects, *, committed: bool) -> tuple[Project, Path]:
    project = in_a_monorepo(projects(described("Words."), VERSIONS[0]))
    schemas = project.package / SCHEMAS
    edit(schemas, 'description="Words."', OURS)
    if committed:
        git(project.path, "commit", "--all", "--message=Ours")
    return project, schemas


def test_a_conflict_in_a_monorepo_is_seen(projects: Projects) -> None:
    project, schemas = with_an_edit(projects, committed=True)
    update(project, described("Theirs."))
    assert has_conflict(schemas.read_text("utf-8"))
    assert changes_of(project)["services/log/src/harbour_log/tools/schemas.py"] == "UU"


def test_rejected_changes_are_noticed_where_git_shows_no_new_files(projects: Projects) -> None:
    project, schemas = with_an_edit(projects, committed=True)
    git(project.path, "config", "status.showUntrackedFiles", "no")
    update(project, described("Theirs."))
    assert THEIRS in schemas.read_text("utf-8")
    assert OURS in schemas.with_name("schemas.py.rej").read_text("utf-8")
    assert "schemas.py.rej" in failures_of(project)


@pytest.mark.parametrize("flag", ["assume-unchanged", "skip-worktree"])
def test_files_whose_changes_git_hides_are_noticed(flag: str, projects: Projects) -> None:
    project, _ = with_an_edit(projects, committed=False)
    checks.check_tests(project, *NAMES_TEST)
    git(project.path, "update-index", f"--{flag}", "src/harbour_log/tools/schemas.py")
    assert "src/harbour_log/tools/schemas.py" not in changes_of(project)
    assert "git hides the changes of src/harbour_log/tools/schemas.py" in failures_of(project)


def test_line_ends_of_windows_leave_conflicts_as_small_as_they_are(
    projects: Projects, tmp_path: Path
) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text("[core]\nautocrlf = true\n[user]\nname = Test\nemail = test@example.com\n")
    origin = projects(described("Words."), VERSIONS[0])
    clone = Project(tmp_path / "clone", origin.answers)
    variables = {"GIT_CONFIG_GLOBAL": str(settings)}
    done = run("git", "clone", str(origin.path), str(clone.path), directory=tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    edit(clone.package / SCHEMAS, 'description="Words."', OURS)
    run("git", "commit", "--all", "--message=Ours", directory=clone.path, **variables)
    done = copier_update(clone, described("Theirs."), **variables)
    assert done.returncode == 0, done.stderr
    lines = (clone.package / SCHEMAS).read_bytes().splitlines()
    first, middle, last = (
        next(number for number, line in enumerate(lines) if line.startswith(sign))
        for sign in (b"<<<<<<<", b"=======", b">>>>>>>")
    )
    assert last - first == 4, "more than the two versions of one line"
    assert middle == first + 2


@pytest.mark.parametrize("whitespace", ["error", "error-all", "fix"])
def test_white_space_that_git_is_told_to_mind_loses_no_edit(
    whitespace: str, projects: Projects, tmp_path: Path
) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[apply]\nwhitespace = {whitespace}\n")
    project = projects(described("Words."), VERSIONS[0])
    line = "# \tA line that ends in white space.  \n"
    module = project.package / "settings.py"
    module.write_text(module.read_text("utf-8") + line, "utf-8", newline="\n")
    edit(project.package / HANDLERS, "raise NotImplementedError", "return None  # ")
    commit(project.path)
    done = copier_update(project, described("Theirs."), GIT_CONFIG_GLOBAL=str(settings))
    assert done.returncode == 0, done.stderr
    assert "Theirs." in (project.package / SCHEMAS).read_text("utf-8")
    assert module.read_text("utf-8").endswith(line)
    assert "return None  # " in (project.package / HANDLERS).read_text("utf-8")
