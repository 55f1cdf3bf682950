"""The template as Copier sees it: where it can be taken from, its questions, its updates."""

import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml
from copier._main import Worker
from packaging.requirements import Requirement
from packaging.version import Version

from support import checks
from support.environments import run_uv
from support.rendering import (
    ROOT,
    Project,
    commit,
    configuration,
    copy,
    copy_template,
    files,
    git,
    questions,
)

pytestmark = pytest.mark.quick

NAME = {"project_name": "Harbour Log"}


def url(repository: Path) -> str:
    return f"git+{repository.as_uri()}"


def recorded(project: Project) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((project.path / checks.ANSWERS_FILE).read_bytes())
    return loaded


# Where it is taken from -------------------------------------------------------------------------


def test_it_renders_from_a_directory_without_git(template: Path, tmp_path: Path) -> None:
    project = copy(template, tmp_path / "project", **NAME)
    checks.check_tree(project)
    assert "_commit" not in recorded(project)


def test_it_renders_from_a_git_url_the_latest_version(repository: Path, tmp_path: Path) -> None:
    (repository / "template" / "README.md.jinja").write_text("not a version yet\n")
    commit(repository)
    project = copy(url(repository), tmp_path / "project", **NAME)
    checks.check_tree(project)
    assert recorded(project)["_commit"] == "v1.0.0"
    assert "not a version" not in (project.path / "README.md").read_text("utf-8")


def test_it_renders_from_a_git_url_without_tags(repository: Path, tmp_path: Path) -> None:
    git(repository, "tag", "--delete", "v1.0.0")
    project = copy(url(repository), tmp_path / "project", **NAME)
    checks.check_tree(project)
    assert recorded(project)["_commit"]


@pytest.mark.parametrize("name", ["a directory", "größe"])
def test_it_renders_from_and_into_any_directory(tmp_path: Path, name: str) -> None:
    template = copy_template(tmp_path / f"{name} of templates")
    project = copy(template, tmp_path / name / "project", **NAME)
    checks.check_tree(project)


def test_it_renders_from_all_sources_the_same(
    template: Path, repository: Path, tmp_path: Path
) -> None:
    plain = copy(template, tmp_path / "plain", **NAME)
    checks.check_same(copy(url(repository), tmp_path / "git", **NAME), plain)
    checks.check_same(copy(repository, tmp_path / "head", vcs_ref="HEAD", **NAME), plain)


def test_the_examples_render(template: Path, tmp_path: Path) -> None:
    examples = sorted((template / "examples").glob("*.yml"))
    assert examples
    for example in examples:
        answers = yaml.safe_load(example.read_bytes())
        assert answers.keys() <= questions(template).keys(), f"{example.name} is out of date"
        project = copy(template, tmp_path / example.stem, **answers)
        checks.check_tree(project)
        checks.check_texts(project)
        assert project.answers.items() >= answers.items(), f"{example.name} is not what it says"


def test_what_the_user_has_told_copier_is_the_default(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.yml"
    known = {"user_name": "Ada Example", "user_email": "ada@example.net", "github_user": "ada"}
    settings.write_text(yaml.safe_dump({"defaults": known}))
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))
    project = copy(template, tmp_path / "project", **NAME)
    assert project.answers.items() >= known.items()
    checks.check_texts(project)


def test_messages_name_the_next_commands(
    template: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    destination = tmp_path / "a project"
    copier.run_copy(str(template), destination, data=NAME, defaults=True)
    message = capfd.readouterr().err
    assert f'cd "{destination}"' in message
    assert "uv run harbour-log --client-config" in message
    assert not checks.JINJA.search(message)


@pytest.mark.parametrize(
    "shared",
    ["https://example.com/t.git", "git+https://example.com/t", "ssh://git@example.com/t.git",
     "git@example.com:ada/t.git", "git+ssh://git@example.com/t", "gh:ada/t", "gl:ada/t"],
)  # fmt: skip
def test_the_message_warns_of_addresses_that_colleagues_do_not_have(
    template: Path, tmp_path: Path, shared: str
) -> None:
    message = configuration(template)["_message_after_copy"]
    answers = NAME | {"distribution_name": "harbour-log"}
    with Worker(str(template), tmp_path) as worker:
        rendered = worker.jinja_env.from_string(message)
    for source in (
        shared,
        "/srv/t",
        "~/t",
        "./t",
        "t",
        "C:\\t",
        "file:///srv/t.git",
        "git+file:///srv/t",
    ):
        text = rendered.render(
            _copier_answers={"_src_path": source},
            _copier_conf={"dst_path": "x", "answers_file": checks.ANSWERS_FILE},
            **answers,
        )
        relative = source in {"./t", "t"}
        assert ("it is relative" in text) == relative, source
        assert ("only this machine has" in text) == (source != shared and not relative), source
        assert (checks.ANSWERS_FILE in text) == (source != shared), source


def test_updates_come_from_the_address_that_was_written_into_the_answers_file(
    repository: Path, tmp_path: Path
) -> None:
    """As the message after a copy and the README say; nothing else of Copier's changes it."""
    project = copy(str(repository), tmp_path / "project", **NAME)
    shared = tmp_path / "shared"
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), str(shared))
    shutil.rmtree(repository)
    path = project.path / checks.ANSWERS_FILE
    text = path.read_text("utf-8")
    assert text.count(f"_src_path: {repository}\n") == 1
    path.write_text(text.replace(f"_src_path: {repository}\n", f"_src_path: {url(shared)}\n"))
    commit(project.path)
    copier.run_update(
        project.path, data={"http": True}, defaults=True, overwrite=True, quiet=True, unsafe=False
    )
    assert recorded(project)["_src_path"] == url(shared)
    fresh = copy(url(shared), tmp_path / "fresh", http=True, **NAME)
    checks.check_same(project, fresh)


# Questions and sources --------------------------------------------------------------------------


def test_it_needs_no_trust(template: Path) -> None:
    checks.check_needs_no_trust(template)


def test_variables_are_declared_and_used(template: Path) -> None:
    checks.check_variables(template)


def test_questions_have_help(template: Path) -> None:
    checks.check_questions(template)


def test_at_most_twelve_questions_are_asked(template: Path) -> None:
    asked = [name for name, question in questions(template).items() if question.get("ask", True)]
    asked.remove("auth")  # Only those who want HTTP are asked.
    assert len(asked) <= 12
    assert not {"package_name", "tools", "resources", "prompts"} & set(asked)


def test_questions_about_identifiers_and_texts_have_a_validator(template: Path) -> None:
    for name, question in questions(template).items():
        if question["type"] == "str" and "choices" not in question:
            assert question.get("validator"), f"{name} takes anything"


def test_block_tags_stand_by_themselves(template: Path) -> None:
    checks.check_tags(template)


def test_names_can_be_checked_out_everywhere(template: Path) -> None:
    checks.check_names(template)


def test_most_of_the_runtime_is_plain_python(template: Path) -> None:
    runtime = [
        name
        for name, _ in files(template)
        if name.startswith("template/src/") and "/runtime/" in name
    ]
    assert len(runtime) > 20
    rendered = {Path(name).name for name in runtime if name.endswith(".jinja")}
    # What they have follows from what is chosen, or from the types that are declared.
    raw = next(name for name in rendered if "json_schemas.py" in name)
    mock = next(name for name in rendered if "mock.py" in name)
    by_types = {f"{name}.py.jinja" for name in ("core_schemas", "field_types", "limits", "models")}
    others = {f"{name}.py.jinja" for name in ("__init__", "answers", "client", "errors")}
    assert rendered == by_types | others | {mock, raw}


def test_the_check_of_all_answers_knows_the_questions(template: Path) -> None:
    with Worker(src_path=str(template), dst_path=template / "nowhere") as worker:
        module: Any = worker.jinja_env.get_template("macros/checks/answers.jinja").module
    assert module.question_names == list(questions(template))


# Versions ---------------------------------------------------------------------------------------


def requirements(lines: list[Any]) -> dict[str, str]:
    parsed = [Requirement(line) for line in lines if isinstance(line, str)]
    return {requirement.name: str(requirement.specifier) for requirement in parsed}


@pytest.fixture
def ours() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_our_environment_has_what_rendered_projects_need(
    template: Path, tmp_path: Path, ours: dict[str, Any]
) -> None:
    needed: dict[str, str] = {}
    for database in ("none", "sqlite", "postgres"):
        chosen = dict.fromkeys(("http", "http_client", "example", "skills"), True)
        more = {"database": database, "auth": "jwt"}
        project = copy(template, tmp_path / database, **chosen, **more, **NAME)
        theirs = tomllib.loads((project.path / "pyproject.toml").read_text("utf-8"))
        needed |= requirements(
            theirs["project"]["dependencies"]
            + theirs["dependency-groups"]["dev"]
            + theirs["build-system"]["requires"]
        )
    groups = {name: requirements(lines) for name, lines in ours["dependency-groups"].items()}
    # The checkers are ours as well, and may be newer here.
    checkers = groups["lint"] | groups["test"]
    assert groups["rendered"] == {
        name: bounds for name, bounds in needed.items() if name not in checkers
    }
    assert needed.keys() <= checkers.keys() | groups["rendered"].keys()


@pytest.mark.parametrize("name", ["mcp", "sse-starlette", "starlette", "uvicorn"])
def test_what_the_runtime_reaches_into_has_an_upper_bound_and_its_reason(
    template: Path, name: str
) -> None:
    source = (template / "template" / "pyproject.toml.jinja").read_text("utf-8")
    # Behind the dependency: above it `uv add` would put another between the two.
    assert re.search(rf'^    "{name}>=[0-9.]+,<[0-9.]+",  # .+\.$', source, re.MULTILINE)


NEIGHBOURS = ["a", "httpx2", "mcp-a", "nats-py", "sse-a", "sse-starlette-a", "stare", "starlette-a",
              "trio", "uvi", "uvicorn-a", "zstandard"]  # fmt: skip
"""Names that sort before and behind each dependency that has a comment."""


def test_uv_adds_no_dependency_under_the_comment_of_another(template: Path, tmp_path: Path) -> None:
    project = copy(template, tmp_path / "project", http=True, example=False, **NAME)
    path = project.path / "pyproject.toml"
    before = path.read_text("utf-8").splitlines()
    python = f"--python={sys.executable}"
    run_uv(project.path, "add", "--frozen", "--offline", "--quiet", python, *NEIGHBOURS)
    after = path.read_text("utf-8").splitlines()
    added = [f'    "{name}",' for name in NEIGHBOURS]
    assert [line for line in after if line not in added] == before
    for line in added:
        assert not after[after.index(line) - 1].lstrip().startswith("#"), after


def test_the_oldest_copier_allowed_is_the_one_that_the_tests_run_with(
    template: Path, ours: dict[str, Any]
) -> None:
    oldest = configuration(template)["_min_copier_version"]
    (bounds,) = (
        Requirement(line).specifier
        for line in ours["project"]["dependencies"]
        if line.startswith("copier")
    )
    assert oldest in bounds
    assert Version(copier.__version__) >= Version(oldest)


def test_every_python_offered_can_run_these_tests(template: Path, ours: dict[str, Any]) -> None:
    choices = configuration(template)["python_version"]["choices"]
    assert ours["project"]["requires-python"] == f">={min(choices, key=Version)}"


# Updates ----------------------------------------------------------------------------------------


def test_an_update_without_edits_equals_a_fresh_render(repository: Path, tmp_path: Path) -> None:
    newest = tmp_path / "newest"
    copy_template(newest)
    # An older version: one file more, one less, and other texts.
    folder = repository / "template"
    (folder / "old.txt.jinja").write_text("An old file of {{ project_name }}.\n")
    (folder / "LICENSE.jinja").unlink()
    for path in (folder / "README.md.jinja", folder / "pyproject.toml.jinja"):
        first, rest = path.read_text("utf-8").split("\n", 1)
        path.write_text(f"{first}\n{rest.replace('the', 'thy')}", "utf-8", newline="\n")
    commit(repository, "v1.1.0")
    answers = NAME | {"http": True, "user_name": "Ada Example"}
    project = copy(url(repository), tmp_path / "project", **answers)
    assert recorded(project)["_commit"] == "v1.1.0"
    assert (project.path / "old.txt").exists()
    commit(project.path)

    (folder / "old.txt.jinja").unlink()
    copy_template(repository)
    commit(repository, "v1.2.0")
    copier.run_update(project.path, defaults=True, overwrite=True, quiet=True, unsafe=False)
    assert recorded(project)["_commit"] == "v1.2.0"
    fresh = copy(newest, tmp_path / "fresh", **answers)
    checks.check_same(project, fresh)


def test_an_update_that_changes_answers_equals_a_fresh_render(
    repository: Path, tmp_path: Path
) -> None:
    project = copy(url(repository), tmp_path / "project", **NAME)
    commit(project.path)
    empty: dict[str, Any] = {"tools": [], "resources": [], "prompts": []}
    changed = {"http": True, "example": False, "license": "BSD-3-Clause", **empty}
    copier.run_update(
        project.path, data=changed, defaults=True, overwrite=True, quiet=True, unsafe=False
    )
    fresh = copy(url(repository), tmp_path / "fresh", **NAME, **changed)
    checks.check_same(project, fresh)


def test_an_update_keeps_what_the_user_wrote(repository: Path, tmp_path: Path) -> None:
    project = copy(url(repository), tmp_path / "project", example=False, **NAME)
    handlers = project.package / "tools" / "handlers.py"
    written = handlers.read_text("utf-8") + '\n\nasync def ours() -> None:\n    """Ours."""\n'
    handlers.write_text(written, "utf-8", newline="\n")
    commit(project.path)
    copier.run_update(
        project.path, data={"http": True}, defaults=True, overwrite=True, quiet=True, unsafe=False
    )
    assert handlers.read_text("utf-8") == written
    assert (project.package / "runtime" / "transports" / "http.py").exists()
    status = git(project.path, "status", "--porcelain")
    assert not re.search(r"^(?:U.|.U|AA|DD) ", status, re.MULTILINE), status
