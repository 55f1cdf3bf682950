"""What the README and the docs say, compared with what is true."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from serving import ERAS
from test_faults_http import HOSTS, ORIGINS, wrong_requests
from test_faults_stdio import NO_MESSAGES

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = (ast.AsyncFunctionDef, ast.FunctionDef)
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


def test_the_walk_to_a_first_server_leads_there(tmp_path: Path) -> None:
    """Do in a shell what the page says, step by step, with its files where it puts them."""
    clone = tmp_path / "a clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    programs = tmp_path / "bin"
    programs.mkdir()
    # `uvx` would fetch the newest Copier; this is the one that the tests are about.
    shim = programs / "uvx"
    shim.write_text(f'#!/bin/sh\nshift\nexec "{Path(sys.executable).with_name("copier")}" "$@"\n')
    shim.chmod(0o755)
    (programs / "uv").symlink_to(os.environ["UV"])
    environment = {
        key: value for key, value in os.environ.items() if key != "UV_PROJECT_ENVIRONMENT"
    } | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "UV_PYTHON": sys.executable,
        "GIT_AUTHOR_NAME": "A Reader",
        "GIT_AUTHOR_EMAIL": "reader@example.org",
        "GIT_COMMITTER_NAME": "A Reader",
        "GIT_COMMITTER_EMAIL": "reader@example.org",
    }
    environment.pop("VIRTUAL_ENV", None)
    here = clone
    text = page("docs/first-server.md")
    for match in FENCE.finditer(text):
        language, body = match.groups()
        if language == "sh":
            done = subprocess.run(
                ["sh", "-euc", f"{body}\npwd >'{tmp_path}/pwd'"],
                cwd=here,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            assert done.returncode == 0, f"{body}\n{done.stdout}\n{done.stderr}"
            here = Path((tmp_path / "pwd").read_text().strip())
        else:
            named = re.findall(r"in `([^`]+/[^`]+)`:", text[: match.start()])
            (here / named[-1]).write_text(body)
    assert '"weather-server"' in done.stdout


FAULTS = ("escape", "faults", "fuzzing", "installs", "resolutions", "soak")


@pytest.mark.quick
def test_what_it_withstands_is_what_was_tested() -> None:
    """Each line names its test, below the file that has it, and each such test has its line."""
    tested: dict[str, str] = {}
    for path in sorted(ROOT.glob("tests/test_*.py")):
        if path.stem.removeprefix("test_").startswith(FAULTS):
            nodes = ast.parse(path.read_text("utf-8")).body
            functions = (node for node in nodes if isinstance(node, FUNCTIONS))
            tested |= {node.name: path.name for node in functions if node.name.startswith("test_")}
    del tested["test_the_tools_for_it_are_written_as_their_owner_would"]
    named: dict[str, set[str]] = {}
    files: set[str] = set()
    for line in page("docs/withstands.md").splitlines():
        if line.startswith("|") and not line.startswith(("| fault |", "|---")):
            assert re.fullmatch(r"\| [^|]+ \| [^|]+ \| `test_\w+` \|", line), line
            named[line.split("`")[-2]] = files
        elif found := re.findall(r"`tests/(test_\w+\.py)`", line):
            files = set(found)
    assert named.keys() == tested.keys()
    assert [name for name, file in tested.items() if file not in named[name]] == []
    (count,) = re.findall(r"lists over (\d+) faults", page("README.md"))
    assert len(named) > int(count)


def test_what_it_withstands_has_the_figures_of_the_tests() -> None:
    text = page("docs/withstands.md")
    assert f"| {len(NO_MESSAGES)} lines that are no message" in text
    assert f"| {len(HOSTS)} values of `Host` and {len(ORIGINS)} of `Origin`" in text
    for era in ERAS:
        assert f"| {len(wrong_requests(era))} wrong requests" in text
