"""What the README and the docs say, compared with what is true."""

import ast
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
from support.wrong_lines import NO_MESSAGES
from support.wrong_requests import HOSTS, ORIGINS, wrong_requests

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = (ast.AsyncFunctionDef, ast.FunctionDef)
IMPORTS = (ast.Import, ast.ImportFrom)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


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
    ("first-server", "http-client"),
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
        printed = ""
        for match in FENCE.finditer(text):
            language, body = match.groups()
            place = re.findall(r"`([^`\s]+/[^`\s]+)`:$", text[: match.start()], re.MULTILINE)
            if language == "json":
                assert printed == body
            elif language == "sh":
                server, _, body = body.rpartition(" &\n")
                script = f"{body}\npwd >'{tmp_path}/pwd'"
                with served(server, here, environment, port):
                    done = subprocess.run(
                        ["sh", "-euc", script],
                        cwd=here,
                        env=environment,
                        capture_output=True,
                        text=True,
                        check=False,
                        timeout=900,
                    )
                assert done.returncode == 0, f"{body}\n{done.stdout}\n{done.stderr}"
                here = Path((tmp_path / "pwd").read_text().strip())
                printed = done.stdout
            elif language == "diff":
                change(here / place[-1], body)
            elif language == "python":
                add(here / place[-1], body)
            elif language == "yaml":
                with (here / place[-1]).open("a", encoding="utf-8") as file:
                    file.write(body)


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


def reader(programs: Path) -> dict[str, str]:
    """Return the environment of a reader, who has `uv` and `uvx`."""
    programs.mkdir()
    # `uvx` would fetch the newest Copier; this is the one that the tests are about.
    shim = programs / "uvx"
    shim.write_text(f'#!/bin/sh\nshift\nexec "{Path(sys.executable).with_name("copier")}" "$@"\n')
    shim.chmod(0o755)
    (programs / "uv").symlink_to(os.environ["UV"])
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")
    }
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": "A Reader", f"GIT_{role}_EMAIL": "reader@example.org"}
    path = f"{programs}:{os.environ['PATH']}"
    # What the template's own tests say of a project, the tests of the renders ask.
    own = {"PYTEST_ADDOPTS": " ".join(checks.OWN_TESTS)}
    return environment | own | {"PATH": path, "UV_PYTHON": sys.executable}


@contextmanager
def served(command: str, here: Path, environment: dict[str, str], port: str) -> Iterator[None]:
    """Run what a page starts in the background, if anything, until it is stopped by SIGTERM."""
    if not command:
        yield
        return
    with subprocess.Popen(["sh", "-euc", f"exec env {command}"], cwd=here, env=environment) as done:
        try:
            for _ in range(600):
                assert done.poll() is None, command
                with suppress(OSError), socket.create_connection(("127.0.0.1", int(port))):
                    break
                time.sleep(0.1)
            yield
        finally:
            done.terminate()
    assert done.returncode == 0, command


def change(file: Path, body: str) -> None:
    """Make the change that a diff shows, at the one place where it fits."""
    lines = body.splitlines(keepends=True)
    old, new = ("".join(line[1:] for line in lines if line[0] != sign) for sign in "+-")
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"{file} has not this once:\n{old}"
    file.write_text(text.replace(old, new), "utf-8")


def add(file: Path, body: str) -> None:
    """Add code as a reader does: imports to imports, the rest below."""
    text = file.read_text("utf-8")
    imports = [node for node in ast.parse(body).body if isinstance(node, IMPORTS)]
    lines = body.splitlines(keepends=True)
    cut = imports[-1].end_lineno or 0 if imports else 0
    first, *rest = ast.parse(text).body
    last = [first, *(node for node in rest if isinstance(node, IMPORTS))][-1]
    above = text.splitlines(keepends=True)
    above[last.end_lineno : last.end_lineno] = lines[:cut]
    file.write_text("".join([*above, "\n\n", *lines[cut:]]), "utf-8")


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
    for database in ("none", "sqlite", "postgres"):
        chosen = {"http": True, "http_client": True, "example": True, "database": database}
        project = render.again(tools=declared, **chosen)
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
    assert {*rows(listed), *re.findall(r"`(\w+)`", rest.partition(".")[0])} == everything


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
