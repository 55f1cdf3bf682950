"""The command line: formats, exit statuses, and files that are none."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from copier_mcp.check.findings import Finding, Mark
from copier_mcp.check.report import as_github
from support.rendering import ROOT
from support.verbs import Run, runner

pytestmark = pytest.mark.quick

WRONG = """\
project_name: Notes
tools:
  - name: find_notes
    description: Find, a note.
    hints: [readonly]
    arguments:
      limit: {type: integer, description: How many., ge: 1}
"""
HINTS, RIGHT, NONE = "no errors, 1 hint\n", "no errors\n", ""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    return runner(capsys, "check")


def test_mistakes_are_lines_with_their_place(run: Run, tmp_path: Path) -> None:
    (tmp_path / "server.yml").write_text(WRONG)
    assert run("server.yml") == (
        1,
        """\
server.yml:4:18: hint: tools[0] find_notes: description: is too short for a model to choose by; \
say what the tool does, and when.
server.yml:5:13: error: tools[0] find_notes: hints: 'readonly' is no hint; write one of read_only, \
destructive, idempotent, open_world.
server.yml:7:21: error: tools[0] find_notes: arguments.limit: 'integer' is no type; write int.
""",
        "2 errors, 1 hint\n",
    )


def test_a_file_without_mistakes_passes_and_hints_count_if_they_are_meant_to(
    run: Run, tmp_path: Path
) -> None:
    assert run(str(ROOT / "examples" / "notes.yml")) == (0, "", RIGHT)
    hinted = tmp_path / "server.yml"
    hinted.write_text("resources: [{uri: 'notes://index', name: all_notes}]\n")
    line = "server.yml:1:13: hint: resources[0] all_notes: has no description; "
    for options, status in ((), 0), (("--strict",), 1):
        done = run("server.yml", *options)
        assert (done.status, done.err) == (status, HINTS)
        assert done.out.startswith(line)


def test_a_note_is_no_failure_because_no_answer_changes_it(run: Run) -> None:
    example = str(ROOT / "examples" / "orders.yml")
    for options, status in ((), 0), (("--strict",), 1):  # It has two hints, too.
        assert run(example, *options)[::2] == (status, "no errors, 2 hints, 1 note\n")


def test_a_note_alone_passes_also_where_hints_count(run: Run, tmp_path: Path) -> None:
    text = (ROOT / "examples" / "notes.yml").read_text("utf-8")
    (tmp_path / "server.yml").write_text(f"http: true\n{text}", "utf-8")
    done = run("server.yml", "--strict")
    assert (done.status, done.err) == (0, "no errors, 1 note\n")
    assert done.out.startswith("server.yml:1:1: note: http: clients of 2025-11-25 without a ")
    assert run("server.yml", "--format", "github").out.startswith(
        "::notice file=server.yml,line=1,"
    )


def test_json_is_for_programs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "server.yml").write_text(WRONG)
    done = run("server.yml", "--format", "json")
    assert done.status == 1
    assert json.loads(done.out)[2] == {
        "file": "server.yml",
        "line": 7,
        "column": 21,
        "severity": "error",
        "message": "tools[0] find_notes: arguments.limit: 'integer' is no type; write int.",
    }
    assert json.loads(run(str(ROOT / "examples/notes.yml"), "--format", "json").out) == []


def test_github_gets_workflow_commands(run: Run, tmp_path: Path) -> None:
    (tmp_path / "server.yml").write_text(WRONG)
    lines = run("server.yml", "--format", "github").out.splitlines()
    assert lines[0].startswith("::notice file=server.yml,line=4,col=18::tools[0] find_notes: ")
    assert lines[2] == (
        "::error file=server.yml,line=7,col=21::tools[0] find_notes: arguments.limit: 'integer' is "
        "no type; write int."
    )


def test_github_reads_commands_of_any_text() -> None:
    found = Finding(Mark(1, 2), "error", "100 %\r\n::error::a, b: c")
    assert as_github("a,b:c%.yml", [found]) == (
        "::error file=a%2Cb%3Ac%25.yml,line=1,col=2::100 %25%0D%0A::error::a, b: c\n"
    )


def test_a_reader_that_stops_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "server.yml").write_text("prompts: [" + "5, " * 999 + "]")
    with subprocess.Popen(
        [sys.executable, "-m", "copier_mcp", "check", "server.yml"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as done:
        assert done.stdout
        assert done.stderr
        done.stdout.close()
        assert done.stderr.read() == b""
    assert done.returncode == 1


def test_standard_input_is_a_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"tool: 1\n")))
    done = run("-")
    line = "<stdin>:1:1: error: No question is called 'tool'; write tools.\n"
    assert done == (1, line, "1 error\n")


@pytest.mark.parametrize("name", ["missing.yml", "directory", "a\0b", "directory/x/y.yml", ""])
def test_what_is_no_file_is_a_mistake_in_the_command_line(
    run: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / "directory").mkdir()
    done = run(name)
    assert (done.status, done.out) == (2, "")
    assert re.fullmatch(r"copier-mcp: .*: \w.*\n", done.err), done.err


@pytest.mark.parametrize("arguments", [(), ("a.yml", "b.yml"), ("a.yml", "--format", "xml")])
def test_wrong_options_are_explained(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    assert "usage: copier-mcp " in done.err


def test_help_has_an_example(run: Run) -> None:
    done = run("--help")
    assert done.status == 0
    assert "\n  copier-mcp check server.yml\n" in done.out
    for option in ("--format", "--strict", "exit status:"):
        assert option in done.out


def test_names_that_the_terminal_cannot_show_are_escaped(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "天气.yml"
    (tmp_path / name).write_text("tool: 1\n")
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii"))
    assert run(name).status == 1
    assert shown.getvalue().startswith(rb"\u5929\u6c14.yml:1:1: error: ")


@pytest.mark.skipif(sys.platform == "win32", reason="no name of a file has such characters there")
def test_names_that_the_terminal_would_obey_are_escaped(run: Run, tmp_path: Path) -> None:
    name = "a\x1b[2J\nb.yml"
    assert run(name).err == "copier-mcp: a\\x1b[2J\\nb.yml: No such file or directory\n"
    (tmp_path / name).write_text("tool: 1\n")
    assert run(name).out.startswith("a\\x1b[2J\\nb.yml:1:1: error: ")


def test_a_long_check_shows_a_terminal_how_far_it_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server.yml").write_text(WRONG)
    assert "checking" not in run("server.yml").err
    clock = iter(range(0, 10**6, 2))
    monkeypatch.setattr("copier_mcp.check.verb.time.monotonic", lambda: next(clock))
    assert "checking" not in run("server.yml").err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    err = run("server.yml").err
    assert "checking tools: 0 of 1" in err
    assert err.endswith("\r\x1b[K2 errors, 1 hint\n")


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files mean nothing there")
def test_a_file_that_nobody_may_read_is_no_traceback(run: Run, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yml"
    secret.write_text("project_name: Notes\n")
    secret.chmod(0)
    expected = (0, "", RIGHT) if os.access(secret, os.R_OK) else (2, "")
    assert run("secret.yml")[: len(expected)] == expected
