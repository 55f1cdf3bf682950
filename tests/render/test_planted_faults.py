"""Faults that are planted in the template, and the checks that find them.

A check that cannot fail proves nothing. Each of these plants one fault, renders, and calls the very
function that the other tests call.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support import checks
from support.renderer import Renderer
from support.rendering import copy, copy_template

PACKAGE = "template/src/{{ package_name }}"
README = "template/README.md.jinja"
PROJECT = "template/pyproject.toml.jinja"
SERVER = f"{PACKAGE}/server.py.jinja"

type Plant = Callable[[Path], None]


def edit(name: str, old: str, new: str) -> Plant:
    """Replace a text of the template, once."""

    def plant(template: Path) -> None:
        path = template / name
        text = path.read_text("utf-8")
        assert old in text, f"{name} has no {old!r} any more: mend this test"
        path.write_text(text.replace(old, new, 1), "utf-8", newline="")

    return plant


def append(name: str, text: str) -> Plant:
    def plant(template: Path) -> None:
        path = template / name
        path.write_text(path.read_text("utf-8") + text, "utf-8", newline="")

    return plant


def rename(name: str, new: str) -> Plant:
    def plant(template: Path) -> None:
        (template / new).parent.mkdir(parents=True, exist_ok=True)
        (template / name).rename(template / new)

    return plant


def add(name: str, text: str) -> Plant:
    def plant(template: Path) -> None:
        (template / name).parent.mkdir(parents=True, exist_ok=True)
        (template / name).write_text(text, "utf-8")

    return plant


@dataclass(frozen=True)
class Fault:
    name: str
    plant: Plant
    check: Callable[[Any], None]
    """Takes the rendered project or, where `render` is false, the template."""

    message: str
    answers: dict[str, Any] = field(default_factory=dict)


RENDERED = [
    # What should have been rendered, or should not.
    Fault(
        "a file that is not rendered",
        rename(f"{PACKAGE}/lifespan.py.jinja", f"{PACKAGE}/lifespan.py"),
        checks.check_no_leftovers,
        "has Jinja left",
    ),
    Fault(
        "a variable that is not rendered",
        append(README, "\n{% raw %}{{ project_name }}{% endraw %}\n"),
        checks.check_no_leftovers,
        "has Jinja left",
    ),
    Fault(
        "a word of a feature that was not chosen",
        append(README, "\nIt can be served by uvicorn.\n"),
        checks.check_no_leftovers,
        "speaks of http",
    ),
    Fault(
        "an identifier of a feature that was not chosen",
        append(f"{PACKAGE}/runtime/tools.py", "\n\n_http_status = 200\n"),
        checks.check_no_leftovers,
        "speaks of http",
    ),
    Fault(
        "a word of the example",
        append(README, "\nThe workspace is yours.\n"),
        checks.check_no_leftovers,
        "speaks of workspace",
        {"example": False},
    ),
    Fault(
        "a word of the example with a database",
        append(README, "\nIt calls query_notes.\n"),
        checks.check_no_leftovers,
        "speaks of notes",
    ),
    Fault(
        "a word of skills that were not chosen",
        append(README, "\nIts SKILL.md says more.\n"),
        checks.check_no_leftovers,
        "speaks of skills",
    ),
    Fault(
        "a word of mocks where no tools are declared",
        append(README, "\nIts stubs can be mocked.\n"),
        checks.check_no_leftovers,
        "speaks of tools",
    ),
    Fault(
        "a file of a feature that was not chosen",
        rename(
            f"{PACKAGE}/runtime/transports/{{% if http %}}http.py{{% endif %}}",
            f"{PACKAGE}/runtime/transports/http.py",
        ),
        checks.check_tree,
        "not expected: ['src/harbour_log/runtime/transports/http.py']",
    ),
    Fault(
        "a file of the example",
        rename(
            f"{PACKAGE}/runtime/{{% if example and database == 'none' %}}files.py{{% endif %}}",
            f"{PACKAGE}/runtime/files.py",
        ),
        checks.check_tree,
        "not expected: ['src/harbour_log/runtime/files.py']",
        {"example": False},
    ),
    Fault(
        "a workflow that nobody runs",
        rename(
            "template/{% if github_user %}.github{% endif %}/workflows/test.yml",
            "template/.github/workflows/test.yml",
        ),
        checks.check_tree,
        "not expected: ['.github/workflows/test.yml']",
    ),
    Fault(
        "a file that is missing",
        rename("template/.gitignore", "gitignore"),
        checks.check_tree,
        "files missing: ['.gitignore']",
    ),
    # Layout.
    Fault(
        "a blank line at the end",
        append(README, "\n"),
        checks.check_layout,
        "ends with blank lines",
    ),
    Fault(
        "a blank line that a tag leaves",
        edit(README, "## Run it", "\n{% if http %}\nx\n{% endif %}\n\n## Run it"),
        checks.check_layout,
        "more than 1 blank lines",
    ),
    Fault(
        "a blank line at the beginning",
        edit(README, "# {{", "\n# {{"),
        checks.check_layout,
        "does not begin",
    ),
    Fault("no line end", append(README, "x"), checks.check_layout, "does not end"),
    Fault("a space at the end", append(README, "\nx \n"), checks.check_layout, "ends with spaces"),
    Fault(
        "a carriage return",
        edit(f"{PACKAGE}/runtime/tools.py", "\n", "\r\n"),
        checks.check_layout,
        "carriage returns",
    ),
    Fault(
        "a blank line in a list",
        edit(PROJECT, "dependencies = [\n", "dependencies = [\n\n"),
        checks.check_layout,
        "blank line next to a bracket",
    ),
    Fault(
        "a marker that is not empty",
        append(f"{PACKAGE}/py.typed", "partial\n"),
        checks.check_layout,
        "is not empty",
    ),
    Fault(
        "an absolute path",
        append(README, "\nSee /home/ada/notes.\n"),
        checks.check_no_machine,
        "has an absolute path",
    ),
    Fault(
        "the path of the template",
        append(README, "\nFrom {{ _copier_conf.src_path }}.\n"),
        checks.check_no_machine,
        "has an absolute path",
    ),
    # Style.
    Fault(
        "an import that nothing uses",
        edit(
            f"{PACKAGE}/runtime/shutdown.py", "import logging\n", "import base64\nimport logging\n"
        ),
        checks.check_style,
        "F401",
    ),
    Fault(
        "code that is not formatted",
        append(f"{PACKAGE}/runtime/tools.py", "x = 'y'\n"),
        checks.check_style,
        "ruff format",
    ),
    # Escapes.
    Fault(
        "a text without quotes in Python",
        edit(SERVER, "{{ python_string(description) }}", '"{{ description }}"'),
        checks.check_texts,
        "server.py cannot be read",
        {"description": 'It says "hello".'},
    ),
    Fault(
        "a text without escapes in Python",
        edit(SERVER, "{{ python_string(description) }}", '"{{ description }}"'),
        checks.check_texts,
        "server.py: ",
        {"description": r"In C:\new."},
    ),
    Fault(
        "a text without escapes in TOML",
        edit(PROJECT, "{{ toml_string(description) }}", '"{{ description }}"'),
        checks.check_texts,
        "pyproject.toml cannot be read",
        {"description": 'It says "hello".'},
    ),
    Fault(
        "a text without escapes in YAML",
        edit(
            "template/{{_copier_conf.answers_file}}.jinja",
            "{{ {name: answer} | to_nice_yaml(sort_keys=false) -}}",
            "{{ name }}: {{ answer }}",
        ),
        checks.check_texts,
        "answers.yml cannot be read",
        {"description": "Logs: all of them."},
    ),
    Fault(
        "a text without escapes in Markdown",
        edit(README, "# {{ markdown(project_name) }}", "# {{ project_name }}"),
        checks.check_texts,
        "README: the heading reads",
        {"project_name": "A *star*"},
    ),
    Fault(
        "HTML in Markdown",
        edit(README, "\n{{ markdown(description) }}", "\n{{ description }}"),
        checks.check_texts,
        "README: no paragraph",
        {"description": "It is <b>bold</b>."},
    ),
    Fault(
        "Python in other quotes than the formatter's",
        edit(SERVER, "{{ python_string(description) }}", "{{ '%r' | format(description) }}"),
        checks.check_style,
        "ruff format",
    ),
    Fault(
        "an author who is left out",
        edit(PROJECT, "{% elif user_name %}", "{% elif false %}"),
        checks.check_metadata,
        "pyproject.toml: ",
        {"user_name": "Ada"},
    ),
]

TEMPLATE = [
    Fault(
        "a question that nothing uses",
        append("copier.yml", "\nextra:\n  type: str\n  default: ''\n"),
        checks.check_variables,
        "asks for what nothing uses: ['extra']",
    ),
    Fault(
        "a computed value that data could replace",
        append("copier.yml", "\nextra:\n  type: str\n  when: false\n  default: ''\n"),
        checks.check_questions,
        "computes ['extra']",
    ),
    Fault(
        "a variable that nobody declares",
        append(README, "\n{% if telemetry is defined %}\nx\n{% endif %}\n"),
        checks.check_variables,
        "README.md.jinja uses undeclared variables: ['telemetry']",
    ),
    Fault(
        "a variable in a file's name that nobody declares",
        add("template/{% if telemetry is defined %}x{% endif %}.txt", "x\n"),
        checks.check_variables,
        "undeclared variables: ['telemetry']",
    ),
    Fault(
        "a variable in a question that nobody declares",
        edit("copier.yml", "distribution_name[:33]", "command[:33]"),
        checks.check_variables,
        "package_name uses undeclared variables: ['command']",
    ),
    Fault(
        "a name of Jinja's that data could replace",
        append(README, "\n{% set found = namespace(text='') %}\n"),
        checks.check_variables,
        "README.md.jinja uses undeclared variables: ['namespace']",
    ),
    Fault(
        "a variable that a macro cannot see",
        edit("macros/code/text.jinja", "{{ text | string", "{{ description | string"),
        checks.check_variables,
        "macros/code/text.jinja uses undeclared variables: ['description']",
    ),
    Fault(
        "a macro that nothing uses",
        append("macros/code/text.jinja", "{% macro spare(text) -%}\n{%- endmacro %}\n"),
        checks.check_variables,
        "defined but not used: {'spare'",
    ),
    Fault(
        "a block tag within a line",
        append(README, "It is {% if http %}there{% endif %}.\n"),
        checks.check_tags,
        "is not a tag by itself",
    ),
    Fault(
        "a block tag with a dash",
        append(README, "{%- if http %}\nx\n{% endif %}\n"),
        checks.check_tags,
        "is not a tag by itself",
    ),
    Fault(
        "Jinja where it is not rendered",
        append(f"{PACKAGE}/runtime/tools.py", "# {{ project_name }}\n"),
        checks.check_tags,
        "is not rendered",
    ),
    Fault(
        "logic instead of names in Python",
        append(SERVER, "{% if http %}\n{% endif %}\n" * 20),
        checks.check_tags,
        "block tags",
    ),
    Fault(
        "a task",
        append("copier.yml", "\n_tasks: [git init]\n"),
        checks.check_needs_no_trust,
        "--trust for ['_tasks']",
    ),
    Fault(
        "a question without help",
        edit("copier.yml", "  help: Under which licence? Most servers are MIT.\n", ""),
        checks.check_questions,
        "license has no help",
    ),
    Fault(
        "a second question without a default",
        edit("copier.yml", "  default: MIT\n", ""),
        checks.check_questions,
        "only project_name",
    ),
]


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    return copy_template(tmp_path / "template")


def finds(check: Callable[[Any], None], subject: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(message)):
        check(subject)


@pytest.mark.parametrize("fault", RENDERED, ids=lambda fault: fault.name)
def test_a_fault_in_what_is_rendered_is_found(
    fault: Fault, faulty: Path, render: Renderer, tmp_path: Path
) -> None:
    answers = {"project_name": "Harbour Log"} | fault.answers
    fault.check(render(**answers))
    fault.plant(faulty)
    finds(fault.check, copy(faulty, tmp_path / "faulty", **answers), fault.message)


@pytest.mark.quick
@pytest.mark.parametrize("fault", TEMPLATE, ids=lambda fault: fault.name)
def test_a_fault_in_the_template_is_found(fault: Fault, faulty: Path) -> None:
    fault.check(faulty)
    fault.plant(faulty)
    finds(fault.check, faulty, fault.message)


@pytest.mark.quick
@pytest.mark.skipif(sys.platform == "win32", reason="it cannot be planted there")
def test_a_name_that_windows_does_not_take_is_found(faulty: Path) -> None:
    checks.check_names(faulty)
    add('template/"x".txt', "x\n")(faulty)
    finds(checks.check_names, faulty, "cannot be checked out")


@pytest.mark.quick
def test_an_answer_that_a_validator_lets_pass_is_found(faulty: Path, tmp_path: Path) -> None:
    answers = {"project_name": "x", "user_name": "Ada", "user_email": "ada..l@example.org"}
    with pytest.raises(ValueError, match="Write an address"):
        copy(faulty, tmp_path / "sound", **answers)
    configuration = faulty / "copier.yml"
    lines = configuration.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if "check(user_email)" not in line]
    assert len(kept) == len(lines) - 1
    configuration.write_text("".join(kept), "utf-8")
    project = copy(faulty, tmp_path / "faulty", **answers)
    finds(checks.check_texts, project, "pyproject.toml cannot be read")


@pytest.mark.quick
def test_a_render_that_is_different_each_time_is_found(faulty: Path, tmp_path: Path) -> None:
    append(README, "\n{{ range(99999) | random }}\n")(faulty)
    first, second = (copy(faulty, tmp_path / name, project_name="x") for name in ("one", "two"))
    with pytest.raises(AssertionError, match=r"not the same: \['README.md'\]"):
        checks.check_same(first, second)


def test_errors_of_types_are_found(faulty: Path, tmp_path: Path, type_cache: Path) -> None:
    append(f"{PACKAGE}/runtime/tools.py", '\n\n_LIMIT: int = "20"\n')(faulty)
    project = copy(faulty, tmp_path / "faulty", project_name="x")
    catalog = project.package / "tools" / "catalog.py"
    source = catalog.read_text("utf-8")
    catalog.write_text(source.replace("=handlers.count_words", "=handlers.search_files"), "utf-8")
    with pytest.raises(AssertionError, match="Incompatible types") as found:
        checks.check_types(project, type_cache)
    assert 'Argument "handler" to "Tool" has incompatible type' in str(found.value)


# The rendered tests prove the error model: these break a row of it each.
BROKEN = {
    "failures that do not look like one": edit(
        f"{PACKAGE}/runtime/tools.py", "is_error=True", "is_error=False"
    ),
    "texts of exceptions that reach the client": edit(
        f"{PACKAGE}/runtime/errors.py.jinja",
        'f"Internal error (incident {incident})"',
        'f"Internal error (incident {incident}): {error}"',
    ),
    "tools without a time limit": edit(
        f"{PACKAGE}/runtime/errors.py.jinja", "asyncio.timeout(time_limit)", "asyncio.timeout(None)"
    ),
    "answers that nobody looks at before they are sent": edit(
        f"{PACKAGE}/runtime/errors.py.jinja", "        to_json(result)\n", ""
    ),
    "hidden files that are read": edit(
        f"{PACKAGE}/runtime/{{% if example and database == 'none' %}}files.py{{% endif %}}",
        'part[0] == "."',
        'part == "."',
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_server_that_breaks_its_promises_fails_its_tests(
    faulty: Path, tmp_path: Path, name: str
) -> None:
    BROKEN[name](faulty)
    project = copy(faulty, tmp_path / "faulty", project_name="Harbour Log")
    with pytest.raises(AssertionError, match=r"pytest: (?s:.*)1 failed"):
        checks.check_tests(project, "-x", *checks.QUICK_TESTS, "tests/runtime/test_files.py")


RUNTIME = f"{PACKAGE}/runtime"
AUTH = "{% if http and auth == 'jwt' %}"
TOKENS = f"{RUNTIME}/transports/{AUTH}tokens.py{{% endif %}}"
KEYS = f"{RUNTIME}/transports/{AUTH}keys.py{{% endif %}}"
CHALLENGES = f"{RUNTIME}/transports/{AUTH}challenges.py{{% endif %}}"
SCOPES = f"{RUNTIME}/{AUTH}scopes.py{{% endif %}}"

# The rendered tests prove whom the server lets in: these open a door each, and the tests named see
# it.
OPEN = {
    "any audience": (
        edit(
            TOKENS,
            "one in self._accepted.audiences for one in audiences",
            "True for one in audiences",
        ),
        "forged",
    ),
    "any issuer": (edit(TOKENS, "            issuer=self._accepted.issuer,\n", ""), "forged"),
    "tokens that never expire": (edit(TOKENS, '"require": ["exp", ', '"require": ['), "forged"),
    "tokens of any kind": (
        edit(TOKENS, "not in TYPES:", "not in (*TYPES, kind.lower()):"),
        "forged",
    ),
    "any signature": (edit(TOKENS, '"verify_aud": False', '"verify_signature": False'), "forged"),
    "metadata of anybody": (
        edit(KEYS, 'metadata.get("issuer") == self._issuer', "True"),
        "wrong_documents",
    ),
    "redirected keys": (
        edit(KEYS, "follow_redirects=False", "follow_redirects=True"),
        "wrong_documents",
    ),
    "keys that hold for ever": (
        edit(KEYS, "_now() - self._fetched_at < MAX_AGE", "True"),
        "last_keys",
    ),
    "keys that are not kept": (
        edit(KEYS, "            return\n", "            self._keys = {}\n            return\n"),
        "last_keys",
    ),
    "a fetch for each token": (
        edit(KEYS, "await asyncio.sleep(MIN_INTERVAL)", "await asyncio.sleep(0)"),
        "only_once",
    ),
    "the first of two tokens": (
        edit(CHALLENGES, "if len(headers) > 1:", "if len(headers) > 2:"),
        "several_tokens",
    ),
    "an error where nobody has tried": (
        edit(
            CHALLENGES,
            '401, "A bearer token is needed",',
            '401, "A bearer token is needed", error="x",',
        ),
        "without_a_token",
    ),
    "handlers without scopes": (
        edit(CHALLENGES, "if _granted(scope).issuperset(scopes):", "if True:"),
        "without_its_scopes",
    ),
    "a way around the challenge": (
        edit(SCOPES, "if not granted.issuperset(needed):", "if False:"),
        "way_around",
    ),
}


@pytest.mark.parametrize("name", OPEN)
def test_a_server_that_lets_others_in_fails_its_tests(
    faulty: Path, tmp_path: Path, name: str
) -> None:
    plant, tests = OPEN[name]
    arguments = ("-x", "tests/runtime/test_authorization.py", "-k", tests)
    plant(faulty)
    answers = {"project_name": "Harbour Log", "http": True, "auth": "jwt"}
    project = copy(faulty, tmp_path / "faulty", **answers)
    with pytest.raises(AssertionError, match=r"pytest: (?s:.*)1 failed"):
        checks.check_tests(project, *arguments)


CLIENT = f"{PACKAGE}/runtime/{{% if http_client %}}http_client{{% endif %}}"

# The same for the client for other servers: what a guard lets pass, and the tests that see it.
UNGUARDED = {
    "addresses that nobody checks": (
        edit(f"{CLIENT}/addresses.py", "if is_allowed(one, self._allowed_networks)]", "if one]"),
        "leads_inside or this_machine",
    ),
    "a name that is looked up again for the connection": (
        edit(f"{CLIENT}/addresses.py", "str(address), port, share", "host, port, share"),
        "looked_up_once",
    ),
    "addresses of IPv4 in those of IPv6": (
        edit(
            f"{CLIENT}/addresses.py",
            "address = IPv4Address(int(address)",
            "IPv4Address(int(address)",
        ),
        "only_public_addresses",
    ),
    "secrets that follow redirects": (
        edit(f"{CLIENT}/auth.py", "_origin(url) == self._origin", "bool(url)"),
        "secret",
    ),
    "answers without a limit": (
        edit(f"{CLIENT}/transport.py", "if size > self._limit:", "if not part:"),
        "bomb",
    ),
    "cookies that are kept for others": (
        edit(f"{CLIENT}/__init__.py", "(allowed_domains=())", "()"),
        "cookies",
    ),
    "answers that take as long as they like": (
        edit(
            f"{CLIENT}/transport.py",
            "asyncio.timeout_at(self._deadline)",
            "asyncio.timeout_at(None)",
        ),
        "slow",
    ),
}


@pytest.mark.parametrize("name", UNGUARDED)
def test_a_client_without_a_guard_fails_its_tests(faulty: Path, tmp_path: Path, name: str) -> None:
    plant, tests = UNGUARDED[name]
    arguments = ("-x", "tests/runtime/test_http_client.py", "-k", tests)
    plant(faulty)
    answers = {"project_name": "Harbour Log", "http_client": True, "example": False}
    project = copy(faulty, tmp_path / "faulty", **answers)
    with pytest.raises(AssertionError, match=r"pytest: (?s:.*)1 failed"):
        checks.check_tests(project, *arguments)
