"""Data of any kind, passed or recorded: no key and no value of it reaches a file unchecked."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml
from copier._main import Worker
from jinja2 import nodes

from support import checks
from support.hostile import CONTROLS, TEXTS, TYPED, Questionnaire, check_refused
from support.rendering import Project, commit, copy, files, git, questions

NAME = {"project_name": "Harbour Log"}
COMPUTED = ("env_prefix", "repository", "copyright_holder")
"""Hidden questions of older versions."""

ATTACKS = {
    "python": 'X"\nimport os; os.abort()\n"',
    "toml": 'https://example.com"\n[tool.evil]\nx = "',
    "a text": "Copyright (c) Mallory\n",
    "a path": "../../outside",
    "a list": ["x"],
    "a mapping": {"x": 1},
    "null": None,
}

type Data = Mapping[str, Any]


@pytest.fixture(scope="module")
def questionnaire(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Questionnaire:
    return Questionnaire(template, tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def names(template: Path) -> set[str]:
    """Every name that the template's sources read, and what Jinja and Copier have by themselves."""
    environment = checks.environment_of(template)
    known = set(environment.globals) | set(environment.filters) | set(environment.tests)
    for _, source in checks.jinja_sources(template):
        known |= {name.name for name in environment.parse(source).find_all(nodes.Name)}
    copiers = {"now", "make_secret", "_external_data", "_subdirectory", "_exclude", "_envops",
               "_tasks", "_templates_suffix", "_answers_file", "_skip_if_exists"}  # fmt: skip
    # Copier itself fails on its own names: dict() got multiple values.
    return (known | copiers | set(COMPUTED)) - set(questions(template)) - {
        "_copier_conf", "_copier_answers",
    }  # fmt: skip


def url(repository: Path) -> str:
    return f"git+{repository.as_uri()}"


def record(project: Project, answers: Data) -> None:
    """Write answers into the project's answers file, as somebody does by hand, and commit them."""
    path = project.path / checks.ANSWERS_FILE
    recorded = yaml.safe_load(path.read_bytes()) | answers
    path.write_text(yaml.safe_dump(recorded, allow_unicode=True), "utf-8")
    commit(project.path)


def update(project: Project, **options: Any) -> None:
    copier.run_update(
        project.path, defaults=True, overwrite=True, quiet=True, unsafe=False, **options
    )


# Keys -------------------------------------------------------------------------------------------


def test_what_is_computed_cannot_be_passed(template: Path, tmp_path: Path) -> None:
    answers = NAME | {"github_user": "ada", "license": "BSD-3-Clause"}
    plain = copy(template, tmp_path / "plain", **answers)
    for attack in ("python", "toml", "a text", "a list"):
        passed = dict.fromkeys(COMPUTED, ATTACKS[attack])
        checks.check_same(copy(template, tmp_path / attack, **answers, **passed), plain)


SHAPES: dict[str, dict[str, Any]] = {
    "example": {"http": True, "http_client": True},
    "nothing": {"example": False, "license": "Apache-2.0"},
    "declared": {
        "example": False,
        "interactive": True,
        "tools": [],
        "prompts": [{"name": "write_label", "description": "Write a label."}],
    },
}


OPERATION = "_copier_operation"


@pytest.mark.quick
@pytest.mark.parametrize("more", [{}, {"_src_path": "x"}], ids=["a copy", "an answers file"])
def test_a_key_that_would_end_copier_is_refused(
    template: Path, tmp_path: Path, more: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match=f"No question is called '{OPERATION}'; leave it out"):
        copy(template, tmp_path / "project", **NAME, **more, **{OPERATION: "update"})


@pytest.mark.parametrize("shape", SHAPES)
def test_no_key_takes_the_place_of_a_name_in_the_template(
    template: Path, tmp_path: Path, names: set[str], shape: str
) -> None:
    assert len(names) > 200
    attacked = dict.fromkeys(names - {OPERATION}, ATTACKS["python"])
    plain = copy(template, tmp_path / "plain", **NAME, **SHAPES[shape])
    # With _src_path it counts as the answers file of another project, which may have any key.
    project = copy(
        template, tmp_path / "attacked", _src_path="x", **NAME, **SHAPES[shape], **attacked
    )
    checks.check_same(project, plain)


def test_no_recorded_key_reaches_an_update(
    repository: Path, tmp_path: Path, names: set[str]
) -> None:
    project = copy(url(repository), tmp_path / "project", **NAME)
    record(project, dict.fromkeys(names, ATTACKS["python"]))
    update(project, data={"http": True, "license": "BSD-3-Clause"})
    fresh = copy(url(repository), tmp_path / "fresh", **NAME, http=True, license="BSD-3-Clause")
    checks.check_same(project, fresh)


def test_answers_of_another_version_do_not_stop_an_update(repository: Path, tmp_path: Path) -> None:
    project = copy(url(repository), tmp_path / "project", **NAME, user_name="Ada")
    plain = {"env_prefix": "HARBOUR_LOG_", "repository": "", "copyright_holder": "Ada"}
    record(project, plain | {"dockerfile": True, "tool": "x", "licence": "BSD-3-Clause"})
    git(repository, "tag", "v1.1.0")
    update(project)
    commit(project.path)
    update(project, data={"http": True})
    fresh = copy(url(repository), tmp_path / "fresh", **NAME, user_name="Ada", http=True)
    checks.check_same(project, fresh)


NEAREST = {
    "tool": "tools",
    "Tools": "tools",
    "resource": "resources",
    "prompt": "prompts",
    "licence": "license",
    "packagename": "package_name",
    "project-name": "project_name",
    "name": "project_name",
    "author": "user_name",
    "email": "user_email",
    "github": "github_user",
    "python": "python_version",
    "desc": "description",
    "examples": "example",
    "htpp": "http",
    "distributionName": "distribution_name",
}


@pytest.mark.quick
@pytest.mark.parametrize("key", NEAREST)
def test_a_key_that_is_no_question_is_refused_with_the_nearest(
    questionnaire: Questionnaire, key: str
) -> None:
    with pytest.raises(ValueError, match="No question is called") as refused:
        questionnaire.ask(**{key: "x"})
    check_refused(refused.value)
    assert str(refused.value).endswith(f"No question is called '{key}'; write {NEAREST[key]}.")


@pytest.mark.quick
@pytest.mark.parametrize("key", ["frobnicate", "", "x\ny", "{{ 7 * 7 }}", "x" * 5000, "ключ"])
def test_a_key_that_is_like_none_is_refused(questionnaire: Questionnaire, key: str) -> None:
    with pytest.raises(ValueError, match=r"No question is called .*; leave it out") as refused:
        questionnaire.ask(**{key: "x"})
    check_refused(refused.value)


@pytest.mark.quick
def test_an_unknown_key_is_refused_on_an_update(repository: Path, tmp_path: Path) -> None:
    project = copy(url(repository), tmp_path / "project", **NAME, http=True)
    commit(project.path)
    before = {name: path.read_bytes() for name, path in files(project.path)}
    for key, nearest in (("tool", "tools"), ("licence", "license")):
        with pytest.raises(ValueError, match=f"called '{key}'; write {nearest}"):
            update(project, data={key: []})
    assert before == {name: path.read_bytes() for name, path in files(project.path)}


@pytest.mark.quick
def test_keys_of_copier_itself_are_no_mistakes(questionnaire: Questionnaire) -> None:
    assert questionnaire.ask(_tasks=["true"], _anything=1)["project_name"] == "Harbour Log"


# Values -----------------------------------------------------------------------------------------

TELLING = ("both quotes", "jinja attack", "python", "yaml mapping", "yaml yes", "yaml number",
           "yaml null", "constant", "digits", "newline", "surrogate", "leading space")  # fmt: skip
VALUES: dict[str, Any] = {
    **{name: text for name, text in (TEXTS | CONTROLS).items() if name in TELLING},
    **ATTACKS,
    "a number": 7,
    "a float": 3.5,
    "true": True,
    "a list of mappings": [{"name": "x", "description": "x", "arguments": "x"}],
}


@pytest.mark.parametrize("question", ["license", "python_version", "example", "interactive",
                                      "skills", "http", "database", "http_client",
                                      "tools", "resources", "prompts"])  # fmt: skip
def test_no_answer_of_another_kind_is_taken(questionnaire: Questionnaire, question: str) -> None:
    """Choices, bools and lists: what is taken means what it is taken for."""
    for name, value in VALUES.items():
        try:
            taken = questionnaire.ask(**{question: value})[question]
        except (ValueError, TypeError):  # A TypeError is Copier's own, for null.
            continue
        if question == "python_version":
            assert taken in ("3.13", "3.14"), name
        elif question in ("example", "interactive", "skills", "http", "http_client"):
            assert value in (True, 7, 3.5, "42", "yes", "null", "None"), name
            assert taken is (value not in ("null", "None")), name
        else:
            assert value in (None, "null"), name
            assert taken is None, name


@pytest.mark.quick
@pytest.mark.parametrize("text", ["yes please", "tru", "1e3", "[]", "None of them", "{{ true }}"])
@pytest.mark.parametrize("question", ["example", "interactive", "skills", "http", "http_client"])
def test_what_is_neither_true_nor_false_is_refused(
    questionnaire: Questionnaire, question: str, text: str
) -> None:
    with pytest.raises(ValueError, match="Write true or false") as refused:
        questionnaire.ask(**{question: text})
    assert check_refused(refused.value) == question


@pytest.mark.quick
@pytest.mark.parametrize(
    ("answer", "meant"),
    [("yes", True), ("True", True), ("on", True), ("1", True), (1, True), ("no", False),
     ("FALSE", False), ("off", False), ("0", False), (0, False), ("", False), (" y ", True)],
)  # fmt: skip
def test_what_means_true_or_false_is_taken(
    questionnaire: Questionnaire, answer: object, *, meant: bool
) -> None:
    assert questionnaire.ask(http=answer)["http"] is meant


@pytest.mark.parametrize("skip_answered", [False, True])
def test_recorded_answers_are_checked(
    template: Path, tmp_path: Path, *, skip_answered: bool
) -> None:
    """What is no answer falls back to the default, or is refused; it never reaches a file."""
    recorded = NAME | {"user_name": "Ada", "user_email": "ada@example.org", "github_user": "ada"}
    worker = Worker(str(template), tmp_path, defaults=True, quiet=True, skip_answered=skip_answered)
    for question, details in questions(template).items():
        for name, value in VALUES.items():
            worker.subproject.__dict__["last_answers"] = recorded | {question: value}
            try:
                worker._ask()
            except ValueError:
                continue
            answer = worker.answers.combined[question]
            if type(answer) is not type(value) or answer != value:
                continue  # The default, or what the answer was parsed to.
            place = f"{question}: {name}"
            if details["type"] == "bool":
                assert isinstance(answer, bool | int | float), place
            elif details["type"] == "yaml":
                assert answer is None, place
            else:
                assert isinstance(answer, str | bool | int | float), place
                assert name not in (*CONTROLS, *ATTACKS) or (question in TYPED and name == "a path")
                assert question in TYPED or re.fullmatch("[a-zA-Z0-9]+", str(answer)), place


@pytest.mark.parametrize("attack", ["python", "a path", "a list"])
def test_a_recorded_attack_changes_no_file(
    template: Path, repository: Path, tmp_path: Path, attack: str
) -> None:
    project = copy(url(repository), tmp_path / "project", **NAME)
    attacked = questions(template).keys() - {*TYPED, "user_email"}
    record(project, dict.fromkeys(attacked, ATTACKS[attack]))
    before = {name: path.read_bytes() for name, path in files(project.path)}
    with pytest.raises((ValueError, TypeError)):
        update(project)
    assert before == {name: path.read_bytes() for name, path in files(project.path)}


@pytest.mark.parametrize("question", ["tools", "interactive", "http"])
def test_a_recorded_text_is_no_list_and_no_bool(
    repository: Path, tmp_path: Path, question: str
) -> None:
    project = copy(url(repository), tmp_path / "project", **NAME)
    record(project, {question: "no" if question in ("interactive", "http", "example") else "[]"})
    with pytest.raises(ValueError, match=f"The answers file has .* for {question}; write"):
        update(project)
    with pytest.raises(ValueError, match=f"The answers file has .* for {question}; write"):
        update(project, skip_answered=True)
