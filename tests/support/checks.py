"""What every rendered project and the template itself must fulfil.

Each check raises an AssertionError that says what is wrong and where. The tests call them on what
they render; tests/render/test_planted_faults.py calls them on templates with a fault.
"""

import ast
import itertools
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml
from copier._main import Worker
from hatchling.metadata.core import ProjectMetadata
from hatchling.metadata.spec import get_core_metadata_constructors
from hatchling.plugin.manager import PluginManager
from jinja2 import meta, nodes
from markdown_it import MarkdownIt
from packaging.metadata import Metadata
from packaging.version import Version

from support.environments import OUR_PYTHON, run_module
from support.rendering import Answers, Project, configuration, files, questions

ANSWERS_FILE = ".copier-answers.yml"
ANSWERS_PATH = "{{ _copier_conf.answers_file }}"

# Rendered projects ------------------------------------------------------------------------------


_NOTES = ({"migrations/0001_notes.sql"}, {"test_notes.py"})
EXAMPLE_FILES: Mapping[str, tuple[set[str], set[str]]] = {
    "none": ({"runtime/files.py"}, {"runtime/test_files.py", "test_workspace.py"}),
    "postgres": _NOTES,
    "sqlite": _NOTES,
}
"""The files of the worked example with each database: of the package, and of the tests."""


def expected_tree(answers: Answers) -> set[str]:
    """Return the names of all files that these answers lead to."""
    source = {
        "__init__.py",
        "__main__.py",
        "lifespan.py",
        "prompts/__init__.py",
        "prompts/catalog.py",
        "prompts/handlers.py",
        "py.typed",
        "resources/__init__.py",
        "resources/catalog.py",
        "resources/providers.py",
        "runtime/__init__.py",
        "runtime/client.py",
        "runtime/confirmation.py",
        "runtime/errors.py",
        "runtime/core_schemas.py",
        "runtime/field_types.py",
        "runtime/inlining.py",
        "runtime/limits.py",
        "runtime/logs.py",
        "runtime/models.py",
        "runtime/prompts.py",
        "runtime/resources.py",
        "runtime/settings.py",
        "runtime/shutdown.py",
        "runtime/terminal.py",
        "runtime/tools.py",
        "runtime/transports/__init__.py",
        "runtime/transports/stdio.py",
        "runtime/transports/stdio_reader.py",
        "runtime/transports/stdio_writer.py",
        "server.py",
        "settings.py",
        "tools/__init__.py",
        "tools/catalog.py",
        "tools/handlers.py",
        "tools/schemas.py",
    }
    tests = {
        "conftest.py",
        "runtime/__init__.py",
        "runtime/fixtures.py",
        "runtime/helpers.py",
        "runtime/isolation.py",
        "runtime/test_call.py",
        "runtime/test_command.py",
        "runtime/test_confirmation.py",
        "runtime/test_inlining.py",
        "runtime/test_logs.py",
        "runtime/test_project.py",
        "runtime/test_prompts.py",
        "runtime/test_protocol.py",
        "runtime/test_resources.py",
        "runtime/test_settings.py",
        "runtime/test_tools.py",
        "runtime/wire.py",
        "test_handlers.py",
        "test_server.py",
        "test_settings.py",
    }
    if answers["example"]:
        modules_of_example, tests_of_example = EXAMPLE_FILES[answers["database"]]
        source |= modules_of_example
        tests |= tests_of_example
    if any(answers[name] is not None for name in ("tools", "resources", "prompts")):
        tests |= {"runtime/declared.py", "test_declared.py"}
    tests |= tests_of_texts(answers) | tests_of_icons(answers)
    if answers["tools"] is not None:
        source |= {"runtime/mock.py"}
        tests |= {"runtime/test_mock.py"}
    if answers["interactive"]:
        source |= {"runtime/interaction.py", "runtime/updates.py"}
        tests |= {"runtime/test_interaction.py"}
    if answers["database"] != "none":
        modules = ["database", "migrations", "queries", "schema", "startup"]
        modules += ["reader"] if answers["database"] == "sqlite" else []
        source |= {"migrations/README.md", *(f"runtime/{name}.py" for name in modules)}
        tested = ("database", "migrations", "queries", answers["database"])
        tests |= {"runtime/database.py", *(f"runtime/test_{name}.py" for name in tested)}
        if answers["database"] == "postgres":
            tests |= {"runtime/postgres.py"}
    if answers["http"]:
        http = ("connections", "endpoint", "health", "http", "pending", "resumption")
        source |= {f"runtime/transports/{name}.py" for name in http}
        tests |= {"runtime/test_http.py"}
    if is_chosen("auth", answers):
        transports = {f"runtime/transports/{name}.py" for name in ("challenges", "keys", "tokens")}
        source |= {"runtime/authorization.py", "runtime/scopes.py"} | transports
        tests |= {"runtime/test_authorization.py"}
    if answers["http_client"]:
        client = ("__init__", "addresses", "auth", "errors", "retries", "transport")
        source |= {f"runtime/http_client/{name}.py" for name in client}
        tests |= {"runtime/test_http_client.py"}
    modules_of_api, tests_of_api = api_files(answers)
    source |= modules_of_api
    tests |= tests_of_api
    package = answers["package_name"]
    workflows = {".github/workflows/test.yml"} if answers["github_user"] else set()
    return (
        {ANSWERS_FILE, ".gitattributes", ".gitignore", ".python-version"}
        | {"LICENSE", "README.md", "pyproject.toml"}
        | workflows
        | {f"src/{package}/{name}" for name in source}
        | {f"tests/{name}" for name in tests}
        | skill_files(answers)
    )


def skill_files(answers: Answers) -> set[str]:
    """Return the names of the files that the answer `skills` leads to."""
    package = f"src/{answers['package_name']}"
    skill = f"{package}/skills/using-{answers['package_name'].replace('_', '-')}"
    names = {
        f"{package}/runtime/skill_files.py",
        f"{package}/runtime/skills.py",
        f"{skill}/SKILL.md",
        f"{skill}/references/errors.md",
        "tests/runtime/test_skills.py",
        "tests/test_skills.py",
    }
    return names if answers["skills"] else set()


def api_files(answers: Answers) -> tuple[set[str], set[str]]:
    """Return the files that an API brings: of the package, and of the tests."""
    if not answers.get("api"):
        return set(), set()
    auth = answers["api"].get("auth", {})
    modules = {"__init__", "answers", "parameters"}
    modules |= {"basic"} if auth.get("type") in ("basic", "oauth2") else set()
    modules |= {"keys"} if auth.get("in") in ("query", "cookie") else set()
    modules |= {"tokens"} if auth.get("type") == "oauth2" else set()
    calls = set() if answers["tools"] is None else {"test_api_calls.py"}
    return {f"runtime/api/{name}.py" for name in modules}, {
        "runtime/api.py",
        "runtime/test_api.py",
    } | calls


def check_tree(project: Project) -> None:
    found = {name for name, _ in files(project.path)}
    expected = expected_tree(project.answers)
    assert found == expected, (
        f"files missing: {sorted(expected - found)}, not expected: {sorted(found - expected)}"
    )
    for directory in filter(Path.is_dir, project.path.rglob("*")):
        assert any(directory.iterdir()), f"{directory.name} is an empty directory"


def check_layout(project: Project) -> None:
    """Every file is text as an editor would leave it, without the traces of block tags."""
    for name, path in files(project.path):
        content = path.read_bytes()
        if name.endswith("py.typed"):
            assert content == b"", f"{name} is not empty"
            continue
        assert b"\r" not in content, f"{name} has carriage returns"
        text = content.decode("utf-8")
        assert not text.startswith(("\n", "\ufeff")), f"{name} does not begin with its first line"
        assert text.endswith("\n"), f"{name} does not end with a line end"
        assert not text.endswith("\n\n"), f"{name} ends with blank lines"
        # PEP 8 has two between functions; everything else gets on with one.
        most = 2 if name.endswith(".py") else 1
        assert "\n" * (most + 2) not in text, f"{name} has more than {most} blank lines in a row"
        for number, line in enumerate(text.splitlines(), start=1):
            # Two spaces at the end would be a line break in Markdown; we do not write them so.
            assert line == line.rstrip(), f"{name}:{number} ends with spaces"
            assert "\t" not in line, f"{name}:{number} has a tab"
        if name.endswith(".toml"):
            bracket = re.search(r"\[\n\n|\n\n *\]\n", text)
            assert not bracket, f"{name} has a blank line next to a bracket"


def check_same(first: Project, second: Project) -> None:
    """Two renders have the same files, to the byte; but for where the template was."""
    one, two = ({name: path.read_bytes() for name, path in files(p.path)} for p in (first, second))
    for found in (one, two):
        found[ANSWERS_FILE] = re.sub(rb"^_.*\n", b"", found[ANSWERS_FILE], flags=re.MULTILINE)
    assert one.keys() == two.keys(), f"only in one: {sorted(one.keys() ^ two.keys())}"
    differing = [name for name in one if one[name] != two[name]]
    assert not differing, f"not the same: {differing}"


JINJA = re.compile(r"\{\{|\{%|\{#|#\}|%\}|\.jinja\b")  # }} also ends nested braces.

# Between letters that continue the word these do not count: `https://`, `important`.
LEFTOVERS: Mapping[str, re.Pattern[str]] = {
    "http or http_client": re.compile(r"(?<![a-z])http(?!s?://|[a-z]|\.client\b)", re.IGNORECASE),
    "http": re.compile(
        r"httptools|uvicorn|starlette|streamable|livez|readyz"
        r"|allowed_hosts|allowed_origins|json_response|--transport|--host|--port",
        re.IGNORECASE,
    ),
    "http_client": re.compile(
        r"http_client|httpcore2|trustme|check_?links|origin_?auth", re.IGNORECASE
    ),
    "api": re.compile(
        r"runtime\.Api\b|\bApi(?:Url|Answer)\b|runtime[./]api\b|context\.api\b|fake_api"
        r"|(?i:(?<![a-z])api_(?:url|token|user|password|client))"
    ),
    "auth or http_client": re.compile(r"(?<![a-z])httpx2", re.IGNORECASE),
    "workspace": re.compile(
        r"workspace|search_?files|count_?words|summari[sz]e_?file|max_file_size|_ROOT\b|aiofiles",
        re.IGNORECASE,
    ),
    "notes": re.compile(r"query_?notes|notes_index", re.IGNORECASE),
    "example": re.compile(r"check_?links|(?<![a-z])regex(?![a-z])", re.IGNORECASE),
    "auth": re.compile(
        r"\bjwt|\bjwks|cryptography|bearer_auth|oauth|\bissuer(?!_url)|insufficient|caller\("
        r"|(?<!ui_)scopes=\(|public_url|\bauth_(?!flow)",
        re.IGNORECASE,
    ),
    "database": re.compile(
        r"sqlite(?!3)|postgres(?!:)|psycopg|migration|run_?query|query_?result", re.IGNORECASE
    ),
    "skills": re.compile(r"skill|frontmatter", re.IGNORECASE),
    "types": re.compile(r"shared type|without_shared|skipped-discriminator|class Shelf"),
    "tools": re.compile(r"(?<![a-z])mock(?:s|ed)?(?![a-z])", re.IGNORECASE),
    "github_user": re.compile(r"github\.com", re.IGNORECASE),
    "user_name": re.compile(r"^authors\b", re.MULTILINE),
    "user_email": re.compile(r"^authors\b.*email", re.MULTILINE),
}


def tests_of_texts(answers: Answers) -> set[str]:
    """Return the test that comes with resources and prompts which need no code."""
    entries = [*(answers["resources"] or ()), *(answers["prompts"] or ())]
    needed = any("text" in entry or "messages" in entry for entry in entries)
    return {"test_declared_texts.py"} if needed else set()


def tests_of_icons(answers: Answers) -> set[str]:
    """Return the test that comes with icons."""
    entries = [one for kind in ("tools", "resources", "prompts") for one in answers[kind] or ()]
    return {"test_declared_icons.py"} if any("icons" in one for one in entries) else set()


def is_chosen(feature: str, answers: Answers) -> bool:
    """Return whether files may speak of a feature. A list that became empty was one once."""
    api = answers.get("api") or {}
    if feature == "tools" and (answers[feature] is not None or api):
        return True  # An API can be mocked: it is there for tools.
    if feature == "auth" and not answers["http"]:
        return False
    if feature in ("workspace", "notes"):
        is_workspace = answers["database"] == "none"
        return bool(answers["example"]) and is_workspace == (feature == "workspace")
    return any(
        answers.get(name) not in (None, False, "", "none", []) for name in feature.split(" or ")
    )


COMMAND_LINE = ("runtime/client.py", "runtime/logs.py")
"""The logging of calls and the command line's client know all that a server may offer."""


def check_no_leftovers(project: Project) -> None:
    """Nothing of Jinja is left, and nothing of a feature that was not chosen."""
    api = project.answers.get("api") or {}
    has_scopes = api.get("auth", {}).get("type") == "oauth2"  # Those of its own token.
    for name, path in files(project.path):
        text = path.read_text("utf-8")
        for line in [name, *text.splitlines()]:
            assert not JINJA.search(line), f"{name} has Jinja left in it: {line.strip()}"
        if name == ANSWERS_FILE:
            continue  # It names the questions.
        if name.endswith(COMMAND_LINE):
            continue
        for feature, words in LEFTOVERS.items():
            if is_chosen(feature, project.answers) or (feature == "auth" and has_scopes):
                continue
            for line in [name, *text.splitlines()]:
                assert not words.search(line), (
                    f"{name} speaks of {feature}, which was not chosen: {line.strip()}"
                )


ABSOLUTE = re.compile(
    r"(?<![\w./:$~{}<>*-])/(?:home|Users|root|tmp|work|opt|private|var)/\w|\b[A-Z]:\\"
)


def check_no_machine(project: Project, *private: str) -> None:
    """No path of the machine that rendered, and none of the given texts, is in a file."""
    for name, path in files(project.path):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if name == ANSWERS_FILE and line.startswith("_src_path: "):
                continue  # Copier's own record of where the template is.
            assert not ABSOLUTE.search(line), f"{name}:{number} has an absolute path: {line}"
            for text in private:
                assert text not in line, f"{name}:{number} has {text!r}: {line}"


def check_style(project: Project, python: Path = OUR_PYTHON) -> None:
    for command in (["check"], ["format", "--check", "--diff"]):
        done = run_module(project, "ruff", *command, "--no-cache", python=python)
        assert done.returncode == 0, f"ruff {command[0]}: {done.stdout}{done.stderr}"


def check_types(project: Project, cache: Path, python: Path = OUR_PYTHON) -> None:
    done = run_module(
        *(project, "mypy", "--strict", f"--cache-dir={cache}", "--no-error-summary"), python=python
    )
    assert done.returncode == 0, f"mypy: {done.stdout}{done.stderr}"


QUICK_TESTS = (
    "tests/test_handlers.py",
    "tests/runtime/test_tools.py",
    "tests/runtime/test_resources.py",
)
"""Those that need no process and no network; every module of the project is imported in them."""


OWN_TESTS = ("--ignore=tests/runtime",)
"""Those of the owner, which cover the owner's code; the template's are much the same everywhere."""


CATALOG_TESTS = (
    "tests/test_declared.py",
    "tests/test_server.py",
    "-k",
    "not installed and not be_read and not tool_is_called",
)
"""What compares the catalogs with the declarations, and asks whether models understand them."""

CLOSING = re.compile(r"\d+ (?:passed|tests? collected)\b.* in [\d.]+s")
"""The last line of pytest, which a process that is ended from within does not write."""


def measure_everything(project: Project) -> list[str]:
    """Let coverage count all of a project, and return the files that do not count for its owner."""
    configuration = project.path / "pyproject.toml"
    text = configuration.read_text("utf-8")
    omitted: list[str] = tomllib.loads(text)["tool"]["coverage"]["run"]["omit"]
    configuration.write_text(re.sub(r"^omit = .*\n", "", text, flags=re.MULTILINE), "utf-8")
    return omitted


def check_tests(project: Project, *arguments: str, python: Path = OUR_PYTHON) -> None:
    """Run the project's own tests; they write into the project."""
    # In a directory of its own: runs that share one clear up after each other, and get in the way.
    with tempfile.TemporaryDirectory() as directory:
        options = ("-q", f"--basetemp={directory}/pytest")
        done = run_module(project, "pytest", *options, *arguments, python=python)
    ended_well = done.returncode == 0 and CLOSING.search(done.stdout)
    assert ended_well, f"pytest: {done.stdout[-8000:]}{done.stderr[-4000:]}"


UNRECORDED = {
    "auth": "none",
    "database": "none",
    "http_client": False,
    "skills": False,
    "api": None,
    "types": None,
}
"""What the answers file leaves out, so that it is what it was before there were the questions."""


def check_texts(project: Project) -> None:
    """What a person typed reads back from every file as it was typed."""
    answers = project.answers
    for name, path in files(project.path):
        if name.endswith(".py"):
            with readable(name):
                ast.parse(path.read_bytes(), name)
    with readable(ANSWERS_FILE):
        recorded = UNRECORDED | yaml.safe_load((project.path / ANSWERS_FILE).read_bytes())
    assert {name: recorded.get(name) for name in answers} == answers, "the answers file differs"
    check_metadata(project)
    check_server(project)
    readme = (project.path / "README.md").read_text("utf-8")
    heading = next(iter(markdown_texts(readme, "heading_open")), None)
    assert heading == answers["project_name"], f"README: the heading reads {heading!r}"
    assert answers["description"] in markdown_texts(readme, "paragraph_open"), (
        "README: no paragraph reads like the description"
    )
    holder = answers["user_name"] or f"The authors of {answers['project_name']}"
    licence = (project.path / "LICENSE").read_text("utf-8")
    assert f" {holder}" in licence, f"LICENSE does not name {holder!r}"


@contextmanager
def readable(name: str) -> Iterator[None]:
    try:
        yield
    except (SyntaxError, ValueError, yaml.YAMLError) as error:
        raise AssertionError(f"{name} cannot be read: {error}") from error


def check_metadata(project: Project) -> None:
    answers = project.answers
    with readable("pyproject.toml"):
        metadata = tomllib.loads((project.path / "pyproject.toml").read_text("utf-8"))["project"]
    distribution = answers["distribution_name"]
    author = {"name": answers["user_name"]}
    if answers["user_name"] and answers.get("user_email"):
        author["email"] = answers["user_email"]
    url = f"https://github.com/{answers['github_user']}/{distribution}"
    expected = {
        "name": distribution,
        "description": answers["description"],
        "requires-python": f">={answers['python_version']}",
        "license": {"Proprietary": "LicenseRef-Proprietary"}.get(
            answers["license"], answers["license"]
        ),
        "scripts": {distribution: f"{answers['package_name']}.__main__:main"},
        "authors": [author] if answers["user_name"] else None,
        "urls": {"Repository": url} if answers["github_user"] else None,
    }
    found = {name: metadata.get(name) for name in expected}
    assert found == expected, f"pyproject.toml: {found}, expected {expected}"
    with readable("pyproject.toml"):
        built = Metadata.from_email(core_metadata(project), validate=False)
    assert built.summary == answers["description"], f"its metadata say {built.summary!r}"


def core_metadata(project: Project) -> str:
    """Return what a build would write into the package; that is stricter than pyproject.toml."""
    versions = get_core_metadata_constructors()
    metadata = ProjectMetadata(str(project.path), PluginManager())
    return str(versions[max(versions, key=Version)](metadata))


def check_server(project: Project) -> None:
    """The server's name, title and description are those of the answers."""
    with readable("server.py"):
        tree = ast.parse((project.package / "server.py").read_bytes())
    (call,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Server"
    )
    given = {word.arg: word.value for word in call.keywords}
    found = {
        "distribution_name": ast.literal_eval(call.args[0]),
        "project_name": ast.literal_eval(given["title"]),
        "description": ast.literal_eval(given["description"]),
    }
    expected = {name: project.answers[name] for name in found}
    assert found == expected, f"server.py: {found}, expected {expected}"


def markdown_texts(source: str, kind: str) -> list[str]:
    """Return the texts of all headings or paragraphs, as a reader sees them."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(source)
    return [shown_text(after) for token, after in itertools.pairwise(tokens) if token.type == kind]


def shown_text(inline: Any) -> str:
    """Return the text of a line, and what is more than text by the name of its token."""
    return "".join(
        token.content if token.type in ("text", "text_special") else f"<{token.type}>"
        for token in inline.children or ()
    )


# The template itself ----------------------------------------------------------------------------


def check_variables(template: Path) -> None:
    """All variables that the template uses are declared, and all declared ones are used."""
    environment = environment_of(template)
    built_in = set(environment.globals)
    # Without them Jinja counts them as undeclared: data of the same name would take their place.
    environment.globals.clear()
    declared = {name for name in configuration(template) if not name.startswith("_")}
    copiers = {"_copier_answers", "_copier_conf", "_copier_operation", "_external_data"}
    used: set[str] = set()
    found = {place: uses(environment, source) for place, source in jinja_sources(template)}
    for place, names in found.items():
        # Macros are imported without context: they see nothing but their arguments and globals.
        allowed = built_in if place.startswith("macros/") else declared | copiers
        # What a path yields, its file may use.
        allowed |= {*re.findall(r"{% yield (\w+) from ", place)}
        undeclared = names.undeclared - allowed
        assert not undeclared, f"{place} uses undeclared variables: {sorted(undeclared)}"
        if place.startswith(("template/", "copier.yml: _message_")):
            used |= names.undeclared
    unused = declared - used
    assert not unused, f"copier.yml asks for what nothing uses: {sorted(unused)}"
    check_macros(found)


@dataclass(frozen=True, slots=True)
class Uses:
    """The names in a source of Jinja."""

    undeclared: frozenset[str]
    imported: frozenset[str]
    macros: frozenset[str]
    stored: frozenset[str]
    loaded: frozenset[str]


parsed: dict[str, Uses] = {}
"""What was found in a source; to parse them all takes seconds."""


def uses(environment: jinja2.Environment, source: str) -> Uses:
    if source not in parsed:
        tree = environment.parse(source)
        names = list(tree.find_all(nodes.Name))
        stored = frozenset(name.name for name in names if name.ctx == "store")
        imports = [name for part in tree.find_all(nodes.FromImport) for name in part.names]
        here = {name if isinstance(name, str) else name[1] for name in imports}
        parsed[source] = Uses(
            # Jinja counts what is set or imported in a branch as undeclared behind it.
            undeclared=frozenset(meta.find_undeclared_variables(tree)) - stored - here,
            imported=frozenset(name if isinstance(name, str) else name[0] for name in imports),
            macros=frozenset(macro.name for macro in tree.find_all(nodes.Macro)),
            stored=stored,
            loaded=frozenset(name.name for name in names if name.ctx == "load"),
        )
    return parsed[source]


def check_macros(found: Mapping[str, Uses]) -> None:
    """What a file of macros defines is used there or imported somewhere."""
    imported: set[str] = set()
    defined: dict[str, str] = {}
    for place, names in found.items():
        imported |= names.imported
        if place.startswith("macros/"):
            # `_` takes the result of a call that is made for its effect.
            defined |= dict.fromkeys(names.macros | names.stored - {"_"}, place)
            imported |= names.loaded
    unused = {name: place for name, place in defined.items() if name not in imported}
    assert not unused, f"defined but not used: {unused}"


def environment_of(template: Path) -> jinja2.Environment:
    """Return the Jinja environment that Copier renders this template with."""
    with Worker(src_path=str(template), dst_path=template / "nowhere") as worker:
        return worker.jinja_env


def jinja_sources(template: Path) -> Iterator[tuple[str, str]]:
    """Yield every Jinja source and where it is: contents, names, questions, macros."""
    for name, path in files(template):
        if name.startswith("template/"):
            yield f"{name} (its name)", name
        if name.endswith(".jinja") or name.startswith("macros/"):
            yield name, path.read_text("utf-8")
    for name, value in configuration(template).items():
        yield f"copier.yml: {name}", "\n".join(strings(value))


def strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from strings(part)
        case list():
            for part in value:
                yield from strings(part)


MAX_TAGS = 34


def check_tags(template: Path) -> None:
    """Block tags stand on lines of their own, without dashes, and are few in Python files."""
    for name, path in files(template / "template"):
        text = path.read_text("utf-8")
        if not name.endswith(".jinja"):
            assert not JINJA.search(text), f"{name} has Jinja in it, but is not rendered"
            continue
        tags = [line for line in text.splitlines() if "{%" in line or "%}" in line]
        for tag in tags:
            assert re.fullmatch(r" *\{% [^%]+ %\}", tag), f"{name}: {tag} is not a tag by itself"
        if name.endswith(".py.jinja"):
            assert len(tags) <= MAX_TAGS, f"{name} has {len(tags)} block tags"


def check_names(template: Path) -> None:
    """The names of files can be checked out everywhere."""
    for name, _ in files(template):
        assert not re.search(r'["<>:|?*\\]', name), f"{name} cannot be checked out on Windows"


def check_questions(template: Path) -> None:
    """Every question has a type, and one sentence that helps to answer it."""
    asked = questions(template)
    hidden = {name for name in configuration(template) if not name.startswith("_")} - asked.keys()
    # They are shown once, in the message after an update, to who passed it.
    hidden -= {"files_gone", "other_database"}
    # Copier lets data replace them, and asks no validator about a default.
    assert not hidden, f"copier.yml computes {sorted(hidden)}, where data could replace them"
    assert [name for name, question in asked.items() if "default" not in question] == [
        "project_name"
    ], "only project_name has no default"
    for name, question in asked.items():
        assert question.get("type"), f"{name} has no type"
        text = question.get("help", "")
        assert re.fullmatch(r"[A-Z][^\n]+[.?]", text), f"{name} has no help, or more than a line"
        assert len(text) <= 100, f"the help of {name} is too long for a terminal"
        sentences = re.findall(r"[.?](?: |$)", text)
        assert len(sentences) <= 2, f"the help of {name} has {len(sentences)} sentences"


def check_needs_no_trust(template: Path) -> None:
    settings = {name for name in configuration(template) if name.startswith("_")}
    dangerous = settings & {"_tasks", "_migrations", "_jinja_extensions"}
    if set(configuration(template).get("_external_data", {}).values()) - {ANSWERS_PATH}:
        dangerous.add("_external_data")  # It may lead to files outside the project.
    assert not dangerous, f"Copier would demand --trust for {sorted(dangerous)}"
