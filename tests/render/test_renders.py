"""Every choice, and every pair of choices: the tree, the texts, the style, the types, the tests."""

import subprocess
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from support import checks
from support.environments import OUR_PYTHON, run_module, site_packages, synchronised
from support.renderer import Renderer
from support.rendering import Answers, Project, copy, files, pairs, questions

# The first of each is the default.
CHOICES: dict[str, list[Any]] = {
    "license": ["MIT", "Apache-2.0", "BSD-3-Clause", "Proprietary"],
    "user_name": ["", "Ada Example"],
    "user_email": ["", "ada@example.net"],
    "example": [True, False],
    "interactive": [False, True],
    "skills": [False, True],
    "database": ["none", "postgres", "sqlite"],
    "http": [False, True],
    "auth": ["none", "jwt"],
    "http_client": [False, True],
    "python_version": ["3.13", "3.14"],
    "github_user": ["", "an-organisation"],
}
DEFAULTS = {name: values[0] for name, values in CHOICES.items()}
FLIPPED = [DEFAULTS | {name: value} for name, values in CHOICES.items() for value in values[1:]]

# The quick part is the default, and the answers that differ most from it.
OPPOSITE = {name: values[-1] for name, values in CHOICES.items()}

# What decides about the code, so that all tests of the project have to pass. Each takes minutes, so
# what goes together is chosen together. The first runs with the lowest versions of its packages.
FEATURES: list[dict[str, Any]] = [
    {
        "project_name": "Incident Log",  # Its log has the word of failures in every line.
        "http_client": True,
        "http": True,
        "auth": "jwt",
        "database": "sqlite",
        "skills": True,
    },
    {"database": "postgres", "interactive": True},
]
"""What all rendered tests are run with; in test_isolation.py also with `http` and `interactive`."""


def label(answers: dict[str, Any]) -> str:
    differing = [
        f"{name}={value}" for name, value in answers.items() if value != DEFAULTS.get(name)
    ]
    return ",".join(differing) or "default"


def combinations() -> list[Any]:
    """Return the default, each choice flipped, and all pairs of choices, without repetitions.

    Tokens come over HTTP alone, so with `jwt` there is always HTTP.
    """
    all_of_them = [DEFAULTS, OPPOSITE, *FLIPPED, *pairs(CHOICES)]
    allowed = [one | {"http": one["http"] or one["auth"] == "jwt"} for one in all_of_them]
    unique = {label(answers): answers for answers in allowed}
    return [
        pytest.param(
            answers, id=name, marks=[pytest.mark.quick] if answers in (DEFAULTS, OPPOSITE) else []
        )
        for name, answers in unique.items()
    ]


@pytest.mark.parametrize("answers", combinations())
class TestCombinations:
    def test_nothing_is_missing_and_nothing_is_left_over(
        self, render: Renderer, answers: dict[str, Any], template: Path
    ) -> None:
        project = render(**answers)
        checks.check_tree(project)
        checks.check_layout(project)
        checks.check_no_leftovers(project)
        checks.check_no_machine(project, str(template), str(project.path), str(Path.home()))
        checks.check_texts(project)

    def test_style_and_types(
        self, render: Renderer, answers: dict[str, Any], type_cache: Path
    ) -> None:
        project = render(**answers)
        checks.check_style(project)
        checks.check_types(project, type_cache)


# They decide about texts alone, and the Python that runs the tests is the same for both versions.
# What 3.14 alone can do is found by mypy only.
SAME_CODE = ("license", "user_name", "user_email", "github_user", "python_version")


def codes() -> list[Any]:
    """Return the combinations whose code differs."""
    unique = {
        label({**answers, **{name: DEFAULTS[name] for name in SAME_CODE}}): one
        for one in reversed(combinations())  # The first of each stays.
        for answers in one.values
    }
    return list(unique.values())


@pytest.mark.parametrize("answers", codes())
def test_its_quick_tests_pass(render: Renderer, answers: dict[str, Any], tmp_path: Path) -> None:
    project = render(**answers).copied_to(tmp_path / "project")
    checks.check_tests(project, "-x", *checks.QUICK_TESTS)


def test_without_a_list_there_is_what_an_empty_one_leaves(render: Renderer) -> None:
    """Code of the owner's own may use it, wherever the example or a declaration has brought it."""
    never = render(example=False)
    empty = render.again(example=False, tools=[], resources=[], prompts=[])
    kinds = [never.package / kind for kind in ("tools", "resources", "prompts")]
    modules = [path.relative_to(never.path) for kind in kinds for _, path in files(kind)]
    assert len(modules) == 10
    for module in modules:
        assert (never.path / module).read_bytes() == (empty.path / module).read_bytes(), module
    settings = [
        tomllib.loads((project.path / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]
        for project in (never, empty)
    ]
    assert settings[0] == settings[1]


@pytest.mark.parametrize("answers", FEATURES, ids=label)
def test_all_its_tests_pass_and_cover_it(
    render: Renderer,
    answers: dict[str, Any],
    install: Callable[[Project], Path],
    tmp_path: Path,
) -> None:
    project = render(**answers).copied_to(tmp_path / "project")
    if answers == FEATURES[0]:
        python, package = synchronised(project, "lowest-direct", str(OUR_PYTHON)), project.package
        checks.check_style(project, python)
        checks.check_types(project, tmp_path / "types", python)
    else:
        python = install(project)
        package = site_packages(tmp_path / "environment") / project.package.name
    omitted = checks.measure_everything(project)
    checks.check_tests(project, "--cov", python=python)

    def report() -> subprocess.CompletedProcess[str]:
        return run_module(
            project, "coverage", "report", f"--omit={','.join(omitted)}", python=python
        )

    done = report()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "handlers.py" in done.stdout
    assert "runtime" not in done.stdout
    # What its owner adds and does not test is noticed.
    with (package / "tools" / "handlers.py").open("a", encoding="utf-8") as handlers:
        handlers.write("\n\ndef untested() -> None:\n" + "    print()\n" * 30)
    assert report().returncode == 2


@pytest.mark.quick
def test_every_choice_there_is_has_been_combined(template: Path, render: Renderer) -> None:
    for name, question in questions(template).items():
        if "choices" in question:
            listed = question["choices"]
            offered = list(listed.values() if isinstance(listed, dict) else listed)
        elif question["type"] == "bool":
            offered = [True, False]
        else:
            continue
        assert sorted(CHOICES[name]) == sorted(offered), f"{name} has other choices"
        # One that depends on another answer is not recorded without it.
        default = render().answers.get(name, question["default"])
        assert CHOICES[name][0] == default, f"{name} has another default"


@pytest.mark.quick
def test_the_pairs_contain_every_pair() -> None:
    combined = pairs(CHOICES)
    for first, values in CHOICES.items():
        for second, others in CHOICES.items():
            if first != second:
                found = {(answers[first], answers[second]) for answers in combined}
                assert found == {(value, other) for value in values for other in others}
    assert len(combined) <= 16


@pytest.mark.quick
def test_a_name_is_enough(template: Path, tmp_path: Path) -> None:
    project = copy(template, tmp_path / "project", project_name="Harbour Log")
    assert project.answers["user_name"] == project.answers["github_user"] == ""
    placeholders = [
        question["placeholder"]
        for question in questions(template).values()
        if "placeholder" in question
    ]
    assert placeholders
    checks.check_no_machine(project, *placeholders)
    checks.check_no_leftovers(project)


SIZES = {
    "with the example": ({}, {"files": 66, "own code": 687, "own tests": 500, "runtime": 2608}),
    "without": (
        {"example": False},
        {"files": 63, "own code": 335, "own tests": 250, "runtime": 2351},
    ),
}


@pytest.mark.quick
@pytest.mark.parametrize(("answers", "most"), SIZES.values(), ids=SIZES)
def test_a_render_stays_small(
    template: Path, tmp_path: Path, answers: Answers, most: Mapping[str, int]
) -> None:
    project = copy(template, tmp_path / "project", project_name="Harbour Log", **answers)
    found = {name: len(path.read_text("utf-8").splitlines()) for name, path in files(project.path)}
    python = {name: lines for name, lines in found.items() if name.endswith(".py")}
    own = {name: lines for name, lines in python.items() if "/runtime/" not in name}
    code = {name for name in python if name.startswith("src/")}
    sizes = {
        "files": len(found),
        "own code": sum(own[name] for name in own.keys() & code),
        "own tests": sum(own[name] for name in own.keys() - code),
        "runtime": sum(python[name] for name in code - own.keys()),
    }
    assert {name: size for name, size in sizes.items() if size > most[name]} == {}


@pytest.mark.quick
@pytest.mark.parametrize("answers", [DEFAULTS, OPPOSITE, OPPOSITE | {"database": "sqlite"}])
def test_no_module_is_too_long_to_read(template: Path, tmp_path: Path, answers: Answers) -> None:
    raw = {"name": "move", "schema": {"arguments": {"type": "object"}}}
    answers = {"project_name": "Harbour Log", **answers}
    package = copy(template, tmp_path / "project", **answers, tools=[raw]).package
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in package.rglob("*.py")}
    assert package / "runtime" / "schema_keywords.py" in lengths
    assert {path: lines for path, lines in lengths.items() if lines > 250} == {}


@pytest.mark.quick
def test_two_renders_of_the_same_answers_are_the_same(
    render: Renderer, template: Path, tmp_path: Path
) -> None:
    answers = {"project_name": "Harbour Log", "http": True}
    first, second = (copy(template, tmp_path / name, **answers) for name in ("first", "second"))
    checks.check_same(first, second)
    # pytest-copie renders in another way; what it renders is the same.
    checks.check_same(first, render(**answers))


@pytest.mark.quick
def test_answers_that_nobody_asks_for_are_rejected(render: Renderer) -> None:
    with pytest.raises(TypeError, match="licence"):
        render(licence="MIT")
    with pytest.raises(TypeError, match="env_prefix"):
        render(env_prefix="X_")
