"""Answers that try to break out: rendered as what they are, or refused with a way to fix them."""

import keyword
import re
import sys
import tomllib
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from copier import run_update
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support import checks
from support.hostile import CONTROLS, TEXTS, TYPED, Questionnaire, check_refused
from support.renderer import Renderer
from support.rendering import Project, commit, copy, remembered

IDENTIFIERS = {
    "keyword": "class",
    "soft keyword": "match",
    "upper case": "Server",
    "module": "json",
    "newer module": "annotationlib",
    "dependency": "pydantic",
    "tool": "pytest",
    "tests": "tests",
    "device": "con",
    "numbered device": "lpt1",
    "leading digit": "1st",
    "leading dash": "-x",
    "leading underscore": "_x",
    "trailing dash": "x-",
    "trailing underscore": "x_",
    "two dashes": "a--b",
    "two underscores": "a__b",
    "dot": "a.b",
    "slash": "a/b",
    "parent": "..",
    "space": "a b",
    "empty": "",
    "newline": "a\n",
    "quote": 'a"b',
    "jinja": "{{ 7 * 7 }}",
    "letters of other alphabets": "сервер",
    "full width": "ａｂｃ",
    "long": "x" * 5000,
}
ALLOWED_IDENTIFIERS = {"soft keyword"}

MAILS = {
    "no at": "ada.example.org",
    "two ats": "a@b@c.org",
    "no host": "ada@",
    "no dot": "ada@localhost",
    "space": "ada x@example.org",
    "quotes": '"ada"@example.org',
    "angle brackets": "<ada@example.org>",
    "newline": "ada@example.org\n",
    "jinja": "{{ 7 * 7 }}@example.org",
    "toml": 'ada@example.org" }]',
    "long": "a" * 5000 + "@example.org",
}
USERS = {
    "at": "@octo",
    "url": "https://github.com/octo",
    "slash": "octo/cat",
    "dash": "-octo",
    "two dashes": "octo--cat",
    "underscore": "octo_cat",
    "newline": "octo\n",
    "space": "octo cat",
    "long": "o" * 40,
    "jinja": "{{ 7 * 7 }}",
}


@pytest.fixture(scope="module")
def questionnaire(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Questionnaire:
    return Questionnaire(template, tmp_path_factory.mktemp("hostile"))


def check_rendered(project: Project) -> None:
    """Everything that shows the answers is valid, formatted, and reads back the same."""
    checks.check_texts(project)
    checks.check_style(project)
    checks.check_layout(project)


def survives_or_is_refused(questionnaire: Questionnaire, **answers: Any) -> bool:
    try:
        project = questionnaire.render(**answers)
    except ValueError as error:
        check_refused(error)
        return False
    check_rendered(project)
    return True


@pytest.mark.parametrize("name", TEXTS)
def test_texts_come_out_as_they_went_in(questionnaire: Questionnaire, name: str) -> None:
    text = TEXTS[name]
    for question in TYPED:
        rendered = survives_or_is_refused(questionnaire, **{question: text})
        # Core metadata has commas between names, and angle brackets around addresses.
        expected = question != "user_name" or not re.search("[,<>]", text)
        assert rendered == expected or "refused" in name, f"{question}: {text!r}"


@pytest.mark.quick
@pytest.mark.parametrize("name", CONTROLS)
def test_control_characters_and_long_texts_are_refused(
    questionnaire: Questionnaire, name: str
) -> None:
    for question in TYPED:
        assert not survives_or_is_refused(questionnaire, **{question: CONTROLS[name]}), question


@pytest.mark.quick
@pytest.mark.parametrize("question", ["distribution_name", "package_name"])
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_identifiers_that_would_not_work_are_refused(
    questionnaire: Questionnaire, question: str, name: str
) -> None:
    assert survives_or_is_refused(questionnaire, **{question: IDENTIFIERS[name]}) == (
        name in ALLOWED_IDENTIFIERS
    )


@pytest.mark.quick
@pytest.mark.parametrize("name", MAILS)
def test_what_is_no_mail_address_is_refused(questionnaire: Questionnaire, name: str) -> None:
    with pytest.raises(ValueError, match="user_email") as refused:
        questionnaire.ask(user_email=MAILS[name], user_name="Ada")
    check_refused(refused.value)


@pytest.mark.quick
@pytest.mark.parametrize("name", USERS)
def test_what_is_no_github_user_is_refused(questionnaire: Questionnaire, name: str) -> None:
    with pytest.raises(ValueError, match="github_user") as refused:
        questionnaire.ask(github_user=USERS[name])
    check_refused(refused.value)


@pytest.mark.quick
def test_valid_mail_addresses_and_users_are_taken(questionnaire: Questionnaire) -> None:
    for mail in ("ada@example.net", "o'ada+x_y.z%1@a-b.example.co.uk", "1@2.ag"):
        answers = questionnaire.ask(user_name="Ada", user_email=mail, github_user="A1-b2")
        assert answers["user_email"] == mail


@pytest.mark.quick
@pytest.mark.parametrize("answer", [None, [], {}, ["a"], {"a": 1}])
@pytest.mark.parametrize("question", [*TYPED, "distribution_name", "license"])
def test_answers_of_another_type_are_refused(
    questionnaire: Questionnaire, question: str, answer: object
) -> None:
    # Copier's own doing; it is here because an answers file can hold anything.
    with pytest.raises((ValueError, TypeError)):
        questionnaire.ask(**{question: answer})


@pytest.mark.quick
def test_numbers_are_taken_as_texts(questionnaire: Questionnaire) -> None:
    check_rendered(questionnaire.render(project_name=42, description=1.5, user_name=7))


# The same names on every machine that runs this.
ON_LINUX = {"extra": "", "os_name": "posix", "platform_system": "Linux", "sys_platform": "linux"}


@pytest.fixture(scope="module")
def taken(render: Renderer) -> tuple[set[str], set[str]]:
    """The top-level modules and the names of all that a rendered project installs."""
    project = render(http=True, example=True)
    declared = tomllib.loads((project.path / "pyproject.toml").read_text("utf-8"))
    lines = declared["project"]["dependencies"] + declared["dependency-groups"]["dev"]
    open_names = [Requirement(line).name for line in lines]
    found: set[str] = set()
    while open_names:
        name = canonicalize_name(open_names.pop())
        if name in found:
            continue
        found.add(name)
        needed = metadata.requires(name) or []
        open_names += [
            each.name
            for each in map(Requirement, needed)
            if not each.marker or each.marker.evaluate(ON_LINUX)
        ]
    modules = {
        module
        for module, distributions in metadata.packages_distributions().items()
        if found & {canonicalize_name(name) for name in distributions}
    }
    return modules, found


@pytest.mark.quick
def test_no_package_hides_a_module_that_is_there(
    questionnaire: Questionnaire, taken: tuple[set[str], set[str]]
) -> None:
    known = {*sys.stdlib_module_names, *keyword.kwlist, *taken[0]}
    names = {name for name in known if re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*", name)}
    assert len(names) > 200
    free = set()
    for name in names:
        try:
            questionnaire.ask(package_name=name)
        except ValueError as error:
            check_refused(error)
        else:
            free.add(name)
    assert not free, "macros/checks/project.jinja does not know these modules"


@pytest.mark.quick
def test_no_server_takes_the_name_of_what_it_depends_on(
    questionnaire: Questionnaire, taken: tuple[set[str], set[str]]
) -> None:
    assert len(taken[1]) > 30
    free = set()
    for name in taken[1]:
        try:
            questionnaire.ask(distribution_name=name)
        except ValueError as error:
            check_refused(error)
        else:
            free.add(name)
    assert not free, "macros/checks/project.jinja does not know these distributions"


@pytest.mark.quick
@pytest.mark.parametrize("name", ["class", "JSON", "Pydantic", "con", "tests", "123", "!?", "天气"])
def test_names_that_cannot_be_a_package_get_one_that_can(
    questionnaire: Questionnaire, name: str
) -> None:
    answers = questionnaire.ask(project_name=name)
    assert answers["distribution_name"].endswith("-server")
    assert answers["package_name"].endswith("_server")
    assert answers["project_name"] == name


# Full renders -----------------------------------------------------------------------------------

EXTREMES = {
    "shortest": {"project_name": "x", "distribution_name": "z", "package_name": "a"},
    "longest": {
        "project_name": "W" * 60,
        "distribution_name": "z" * 50,
        "package_name": "z" * 40,
        "description": "W" * 100,
        "user_name": "W" * 100,
        "user_email": "a" * 88 + "@example.org",
        "github_user": "G" * 39,
    },
    "hostile": {
        "project_name": TEXTS["jinja raw end"] + TEXTS["both quotes"],
        "description": TEXTS["python"] + TEXTS["triple quotes"] + TEXTS["emoji family"],
        "user_name": TEXTS["yaml mapping"] + TEXTS["backslashes"] + TEXTS["jinja expression"],
    },
    "right to left": {
        "project_name": TEXTS["right to left"],
        "description": TEXTS["hebrew and latin"],
        "user_name": TEXTS["persian joiner"],
    },
}


CHOSEN: dict[str, dict[str, Any]] = {
    "nothing": {},
    "everything": {
        "http": True,
        "interactive": True,
        "skills": True,
        "auth": "jwt",
        "http_client": True,
        "database": "postgres",
    },
}


@pytest.mark.parametrize("chosen", CHOSEN)
@pytest.mark.parametrize("name", EXTREMES)
def test_a_whole_project_is_valid(
    template: Path, tmp_path: Path, type_cache: Path, name: str, chosen: str
) -> None:
    project = copy(template, tmp_path / "project", **CHOSEN[chosen], **EXTREMES[name])
    checks.check_tree(project)
    check_rendered(project)
    checks.check_types(project, type_cache)
    # The texts that people typed may look like Jinja.
    if name in ("shortest", "longest"):
        checks.check_no_leftovers(project)


@pytest.mark.quick
def test_hostile_texts_survive_an_update(repository: Path, tmp_path: Path) -> None:
    answers = EXTREMES["hostile"]
    project = copy(f"git+{repository.as_uri()}", tmp_path / "project", **answers)
    commit(project.path)
    worker = run_update(
        project.path, data={"http": True}, defaults=True, overwrite=True, quiet=True, unsafe=False
    )
    assert remembered(worker) == {**project.answers, "http": True, "auth": "none"}
    check_rendered(replace(project, answers=remembered(worker)))


def test_a_server_with_hostile_texts_passes_its_tests(template: Path, tmp_path: Path) -> None:
    project = copy(template, tmp_path / "project", http=True, **EXTREMES["hostile"])
    checks.check_tests(project, "-x", *checks.QUICK_TESTS)


# The search for counter-examples ----------------------------------------------------------------

TOKENS = [
    *"\"'\\{}%$#`*_[]()<>!|&~-+=.:;,@/^? ", '"""', "'''", "{{", "}}", "{%", "%}", "{#", "#}",
    "{% raw %}", "{% endraw %}", "${", "\\n", "\\N{DASH}", "\\x00", "\\u0041", "%s", "%(x)s",
    "1.", "1)", "- ", "> ", "--", "---", "&amp;", "&#0;", "http://x.example", "www.x.example",
    "a@b.example", "](", "![", "<a>", "<!--", "-->", "[ ]", "[^1]", "~~", "==", "null", "~", "0x1",
    "🎉", "👩\u200d👩\u200d👧", "שלום", "\u0301", "ß", "ﬁ", "\n", "\t", "\x85", "\u2028", "\u202e",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(TOKENS) | st.characters(), max_size=12).map("".join)
PRINTABLE = HOSTILE.map(lambda text: "".join(filter(str.isprintable, text)).strip())
SEARCH = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@SEARCH
@given(
    project_name=PRINTABLE.map(lambda text: text[:60].strip()).filter(bool),
    description=PRINTABLE.map(lambda text: text[:100].strip()).filter(bool),
    user_name=PRINTABLE.map(lambda text: re.sub("[,<>]", "", text)[:100].strip()),
    licence=st.sampled_from(["MIT", "Apache-2.0", "BSD-3-Clause", "Proprietary"]),
)
def test_any_printable_text_comes_out_as_it_went_in(
    questionnaire: Questionnaire,
    project_name: str,
    description: str,
    user_name: str,
    licence: str,
) -> None:
    check_rendered(
        questionnaire.render(
            project_name=project_name,
            description=description,
            user_name=user_name,
            license=licence,
        )
    )


@SEARCH
@given(question=st.sampled_from(TYPED), text=HOSTILE)
def test_any_text_survives_or_is_refused(
    questionnaire: Questionnaire, question: str, text: str
) -> None:
    survives_or_is_refused(questionnaire, **{question: text})


NAMELIKE = st.text("abzABZ019-_. é\n", max_size=50)


@SEARCH
@given(distribution=NAMELIKE | HOSTILE, package=NAMELIKE | HOSTILE)
def test_any_identifier_works_or_is_refused(
    questionnaire: Questionnaire, distribution: str, package: str
) -> None:
    try:
        questionnaire.ask(distribution_name=distribution)
    except ValueError as error:
        check_refused(error)
    else:
        assert canonicalize_name(distribution, validate=True) == distribution
    try:
        questionnaire.ask(package_name=package)
    except ValueError as error:
        check_refused(error)
    else:
        assert package.isidentifier()
        assert package.isascii()
        assert package.islower()
        assert not keyword.iskeyword(package)


@SEARCH
@given(name=NAMELIKE.map(str.strip).filter(bool) | PRINTABLE.map(lambda text: text[:60].strip()))
def test_any_name_leads_to_identifiers_that_work(questionnaire: Questionnaire, name: str) -> None:
    try:
        answers = questionnaire.ask(project_name=name)
    except ValueError as error:
        # What follows from a name is never what is refused.
        assert check_refused(error) == "project_name"  # noqa: PT017
    else:
        assert re.fullmatch("[a-z][a-z0-9-]*", answers["distribution_name"])
        assert answers["package_name"].isidentifier()
