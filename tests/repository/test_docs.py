"""What the README and the docs say, compared with what is true."""

import ast
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.harness.processes import free_port
from support import checks
from support.environments import OUR_PYTHON, run
from support.renderer import Renderer
from support.serving import ERAS
from support.urls import INSIDE_HOSTS
from support.walking import FENCE, follow, reader
from support.wrong_lines import NO_MESSAGES
from support.wrong_requests import HOSTS, ORIGINS, wrong_requests

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = (ast.AsyncFunctionDef, ast.FunctionDef)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def questions() -> dict[str, dict[str, Any]]:
    """Return the questions that a person is asked."""
    template = yaml.safe_load(page("copier.yml"))
    return {
        name: question
        for name, question in template.items()
        if not name.startswith("_") and question.get("when", True) is not False
    }


@pytest.mark.quick
def test_the_table_of_questions_is_complete() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page("docs/questions.md"), re.MULTILINE)
    assert [name for name, _ in rows] == list(questions())
    for name, default in rows:
        value = questions()[name].get("default")
        stated = {None: "none", "": "empty", True: "`true`", False: "`false`"}.get(value)
        if "default" in questions()[name] and value is None:
            stated = "null"
        elif stated is None:
            computed = "{" in str(value) and default.startswith(("from ", "`true`, but"))
            stated = default if computed else f"`{value}`"
        assert default == stated, name


# The pages that a reader follows in this order, in one project.
WALKS = [
    ("first-server", "write-tools", "serve-http", "update-a-server"),
    ("first-server", "http-client", "skills"),
]


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk[-1])
def test_who_does_what_the_pages_say_gets_what_they_show(
    tmp_path: Path, walk: tuple[str, ...]
) -> None:
    """Do in a shell what the pages say, step by step, and put their code where they say."""
    clone = tmp_path / "a clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    environment = reader(tmp_path / "bin")
    port = str(free_port())
    here = clone
    for name in walk:
        text = page(f"docs/{name}.md").replace("8000", port)
        here = follow(text, here, environment, port)


def commits_of_updates() -> Iterator[tuple[str, str]]:
    """Yield what a reader pastes to commit an update, with the page on which it stands."""
    docs = (path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("docs/*.md")))
    skill = "skills/mcp-server-scaffolding-asyncio/SKILL.md"
    for name in (*docs, skill, "template/README.md.jinja"):
        for language, body in FENCE.findall(page(name)):
            _, update, after = body.rpartition("copier update")
            is_update = update or ("uv sync" in body and "git init" not in body)
            if language == "sh" and is_update and "git commit" in after:
                yield name, body


UPDATES = [*commits_of_updates()]
PROGRAMS = {
    "uv": "",
    "uvx": 'cp "$UPDATED" notes.txt',
    "editor": 'echo "Update" > "$1"',
}
CONFLICT = "<<<<<<< before updating\nmine\n=======\ntheirs\n>>>>>>> after updating\n"


@pytest.mark.quick
@pytest.mark.parametrize(("name", "body"), UPDATES, ids=[name for name, _ in UPDATES])
@pytest.mark.parametrize("updated", ["theirs\n", CONFLICT], ids=["merged", "conflict"])
def test_what_commits_an_update_stops_at_a_conflict(
    tmp_path: Path, name: str, body: str, updated: str
) -> None:
    """Copier exits with 0 where there are conflicts, and a shell goes on after what fails."""
    programs, project = tmp_path / "bin", tmp_path / "project"
    for directory in (programs, project):
        directory.mkdir()
    for program, script in PROGRAMS.items():
        (programs / program).write_text(f"#!/bin/sh\n{script}\n")
        (programs / program).chmod(0o755)
    (tmp_path / "updated").write_text(updated)
    (project / "notes.txt").write_text("mine\n")
    environment = reader(tmp_path / "reader") | {"UPDATED": str(tmp_path / "updated")}
    environment |= {"PATH": f"{programs}:{os.environ['PATH']}", "GIT_EDITOR": "editor"}
    start = 'git init --quiet; git add --all; git commit --quiet --message "Start"; '
    work = "echo more > work.txt; " if "copier update" in body else "uvx; "
    subprocess.run(["sh", "-c", start + work + body], cwd=project, env=environment, check=False)
    command = ["git", "show", "HEAD:notes.txt"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    assert done.stdout == ("mine\n" if updated == CONFLICT else updated), name


NOTE = {
    "name": "add_note",
    "description": "Add a note.",
    "arguments": {"text": {"type": "str", "description": "What to note."}},
    "result": {"note_id": {"type": "int", "description": "The number of the note."}},
}

ADD_NOTES = """
import asyncio

from mcp import Client

from harbour_log.server import build_server


async def main():
    async with Client(build_server()) as client:
        for text in ("one", "two"):
            result = await client.call_tool("add_note", {"text": text})
            print(result.structured_content)


asyncio.run(main())
"""


def test_the_handler_and_the_table_of_the_database_page_work(
    render: Renderer, type_cache: Path, tmp_path: Path
) -> None:
    rendered = render.again(tools=[NOTE], database="sqlite")
    project = rendered.copied_to(tmp_path / "project")
    blocks = dict(reversed(FENCE.findall(page("docs/database.md"))))  # The first of each.
    handlers = project.package / "tools" / "handlers.py"
    text = handlers.read_text("utf-8")
    stub = text[text.index("async def add_note") :].partition("\n\n")[0]
    assert "NotImplementedError" in stub
    handlers.write_text(text.replace(stub, blocks["python"].rstrip()), "utf-8")
    (project.package / "migrations" / "0001_notes.sql").write_text(blocks["sql"])
    checks.check_style(project)
    checks.check_types(project, type_cache)
    done = run(
        *(OUR_PYTHON, "-c", ADD_NOTES),
        directory=project.path,
        PYTHONPATH=str(project.path / "src"),
        HARBOUR_LOG_DATABASE_PATH=str(tmp_path / "new" / "notes.db"),
    )
    assert done.stdout.splitlines() == ["{'note_id': 1}", "{'note_id': 2}"], done.stderr


RENDERS = ("test_installs", "test_resolutions")


@pytest.mark.quick
def test_what_it_withstands_is_what_was_tested() -> None:
    """Each line names its test, below the file that has it, and each such test has its line."""
    tested: dict[str, str] = {}
    for path in sorted(ROOT.glob("tests/*/test_*.py")):
        has_faults = path.parent.name in ("auth", "faults") and path.stem != "test_serving"
        if has_faults or path.stem in RENDERS:
            nodes = ast.parse(path.read_text("utf-8")).body
            functions = (node for node in nodes if isinstance(node, FUNCTIONS))
            tested |= {node.name: path.name for node in functions if node.name.startswith("test_")}
    del tested["test_the_tools_for_it_are_written_as_their_owner_would"]  # It is about a check.
    named: dict[str, set[str]] = {}
    files: set[str] = set()
    for line in page("docs/withstands-tests.md").splitlines():
        if line.startswith("|") and not line.startswith(("| fault |", "|---")):
            assert re.fullmatch(r"\| [^|]+ \| [^|]+ \| `test_\w+` \|", line), line
            named[line.split("`")[-2]] = files
        elif found := re.findall(r"`tests/(?:auth|faults|render)/(test_\w+\.py)`", line):
            files = set(found)
    assert named.keys() == tested.keys()
    assert [name for name, file in tested.items() if file not in named[name]] == []
    (count,) = re.findall(r"has over (\d+) tested faults", page("README.md"))
    assert len(named) > int(count)


def test_what_it_withstands_has_the_figures_of_the_tests() -> None:
    promised, tests = page("docs/withstands.md"), page("docs/withstands-tests.md")
    assert f"| {len(NO_MESSAGES)} kinds of malformed line, " in promised
    assert f"| {len(HOSTS)} values of `Host`, {len(ORIGINS)} of `Origin` |" in promised
    assert f"| {len(NO_MESSAGES)} lines that are no message" in tests
    assert f"| {len(HOSTS)} values of `Host` and {len(ORIGINS)} of `Origin`" in tests
    assert f"| {len(INSIDE_HOSTS)} ways to write a host, " in promised
    assert f"| {len(INSIDE_HOSTS)} ways to write a host inside, " in tests
    for era in ERAS:
        assert f", {len(wrong_requests(era))} wrong HTTP requests |" in promised
        assert f"| {len(wrong_requests(era))} wrong requests" in tests


def rows(text: str) -> list[str]:
    """Return what stands in the first column of the tables, where it is code."""
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)


SETTINGS = re.compile(r"^    (\w+): .*?^    \"\"\"", re.MULTILINE | re.DOTALL)


def test_all_settings_are_in_the_table_and_in_the_readme_of_the_project(render: Renderer) -> None:
    declared = yaml.safe_load(page("examples/orders.yml"))["tools"]
    everything: set[str] = set()
    kinds = [
        {"type": "bearer"},
        {"type": "basic"},
        {"type": "api_key", "in": "header", "name": "X-Key"},
        {"type": "oauth2", "token_url": "https://auth.example.org/token"},
    ]
    apis = [{"url": "https://api.example.org", "auth": kind} for kind in kinds]
    databases = ["none", "sqlite", "postgres", "none"]
    for database, api in zip(databases, apis, strict=True):
        chosen = {"http": True, "http_client": True, "example": True, "database": database}
        project = render.again(tools=declared, api=api, **chosen)
        source = (project.package / "settings.py").read_text("utf-8")
        names = {name.upper() for name in SETTINGS.findall(source)}
        other = "ROOT" if database == "none" else "DATABASE_TIMEOUT"
        assert {"LOG_LEVEL", "STATE_KEY", other} <= names
        readme = (project.path / "README.md").read_text("utf-8")
        prefix = f"{project.answers['package_name'].upper()}_"
        assert {name for name in rows(readme) if name.startswith(prefix)} == {
            f"{prefix}{name}" for name in names
        }
        everything |= names
    listed, _, rest = page("docs/settings.md").partition(
        "Without a database the worked example adds"
    )
    columns = "".join(re.findall(r"^\|( `.*?` )\|", listed, re.MULTILINE))
    found = set(re.findall(r"`(\w+)`", columns + rest.partition(".")[0]))
    assert found == everything


def test_all_settings_of_authorization_are_on_its_page_and_in_the_readme(
    render: Renderer,
) -> None:
    without, project = (render.again(http=True, auth=auth) for auth in ("none", "jwt"))
    sources = [(one.package / "settings.py").read_text("utf-8") for one in (without, project)]
    some, all_of_them = ({name.upper() for name in SETTINGS.findall(one)} for one in sources)
    assert set(rows(page("docs/authorization.md"))) == all_of_them - some
    readme = (project.path / "README.md").read_text("utf-8")
    prefix = f"{project.answers['package_name'].upper()}_"
    assert {f"{prefix}{name}" for name in all_of_them - some} <= set(rows(readme))
    tests = (project.path / "tests" / "runtime" / "test_authorization.py").read_text("utf-8")
    forgeries = tests.partition("\nFORGERIES")[2].partition("\n}\n")[0]
    count = len(re.findall(r'^    "[^"]+": ', forgeries, re.MULTILINE))
    assert f"| {count} forgeries; " in page("docs/withstands.md")


CATALOGS = {"Tool": "tools", "ResourceTemplate": "resources", "Prompt": "prompts"}


def test_all_that_a_catalog_entry_can_say_is_in_the_reference(render: Renderer) -> None:
    project = render(example=True)
    for name, module in CATALOGS.items():
        tree = ast.parse((project.package / "runtime" / f"{module}.py").read_text("utf-8"))
        classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        bases = [base.id for base in classes[name].bases if isinstance(base, ast.Name)]
        fields = {
            node.target.id
            for each in (name, *bases)
            for node in classes[each].body
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and "init=False" not in ast.unparse(node)
        }
        section = page("docs/catalogs.md").partition(f"{name}\n\n|")[2].partition("\n## ")[0]
        columns = re.findall(r"^\|([^|]+)\|", section, re.MULTILINE)
        assert set(re.findall(r"`(\w+)`", "".join(columns))) - {"uri"} == fields, name
