"""Reading a server: all pages, both eras, and what is said when it cannot be read."""

import asyncio
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from copier_mcp.importing.reading import read_server
from copier_mcp.importing.verb import TIMEOUT
from support.verbs import Run, runner

SCRIPTED = Path(__file__).parent / "scripted.py"
TOOL = {"name": "find", "description": "Find one.", "inputSchema": {"type": "object"}}
RESOURCE = {"uri": "notes://index", "name": "index"}
LEGACY: dict[str, Any] = {
    "initialize": {
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}, "resources": {}},
        "serverInfo": {"name": "Scripted", "version": "1"},
    },
    "tools/list": [
        {"tools": [TOOL], "nextCursor": "1"},
        {"tools": [TOOL | {"name": "keep"}], "nextCursor": "2"},
        {"tools": [TOOL | {"name": "drop"}]},
    ],
    "resources/list": {"resources": [RESOURCE]},
}


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MCP_TOKEN", raising=False)
    return runner(capfd, "import", "server")


@pytest.fixture
def scripted(tmp_path: Path) -> Callable[..., list[str]]:
    """Return the command of a server that has these answers."""

    def command(answers: dict[str, Any], *fault: str) -> list[str]:
        path = tmp_path / "answers.json"
        path.write_text(json.dumps(answers), "utf-8")
        return [sys.executable, str(SCRIPTED), str(path), *fault]

    return command


# What is read -----------------------------------------------------------------------------------


def test_all_pages_are_read_and_a_list_that_is_not_there_is_empty(
    scripted: Callable[..., list[str]],
) -> None:
    offer = asyncio.run(read_server(scripted(LEGACY), token="", seconds=TIMEOUT))
    assert [tool.name for tool in offer.tools] == ["find", "keep", "drop"]
    assert [one.uri for one in offer.resources] == ["notes://index"]
    assert (list(offer.templates), list(offer.prompts)) == ([], [])
    assert offer.info
    assert offer.info.name == "Scripted"


@pytest.mark.parametrize("fault", ["", "garbage", "server/discover"])
def test_an_older_server_is_read_in_its_own_era(
    fault: str, scripted: Callable[..., list[str]]
) -> None:
    """Some end at the first question, which is newer than they are."""
    offer = asyncio.run(read_server(scripted(LEGACY, fault), token="", seconds=TIMEOUT))
    assert len(offer.tools) == 3


def test_the_answers_go_to_stdout_and_what_is_lost_to_stderr(
    scripted: Callable[..., list[str]], run: Run
) -> None:
    command = scripted(LEGACY | {"resources/list": {"resources": [RESOURCE | {"size": 5}]}})
    said = "copier-mcp: lost: resources[0] index: size: 5\n"
    for options, status in ((), 0), (("--strict",), 1):
        done = run(*options, "--", *command)
        assert (done.status, done.err) == (status, said)
        names = [tool["name"] for tool in yaml.safe_load(done.out)["tools"]]
        assert names == ["find", "keep", "drop"]
    done = run("--strict", "--", *scripted(LEGACY))
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize("revision", HANDSHAKE_PROTOCOL_VERSIONS)
def test_servers_of_all_older_revisions_are_read(
    revision: str, scripted: Callable[..., list[str]]
) -> None:
    initialized = LEGACY["initialize"] | {"protocolVersion": revision}
    command = scripted(LEGACY | {"initialize": initialized})
    assert len(asyncio.run(read_server(command, token="", seconds=TIMEOUT)).tools) == 3


# What cannot be read ----------------------------------------------------------------------------

ENDLESS = LEGACY | {"tools/list": {"tools": [TOOL], "nextCursor": "0"}}
INVALID = LEGACY | {"tools/list": {"tools": [{"name": 5}]}}


@pytest.mark.parametrize(
    ("answers", "fault", "said"),
    [
        (LEGACY, "tools/list", r"ended .* stderr was:\n  The key\\x1b\[2J is not set\.\n$"),
        (LEGACY, "initialize", r"ended .* stderr was:\n"),
        (
            LEGACY,
            "silent",
            r"answered initialize within 2 s; .* write --timeout SECONDS before --\.\n$",
        ),
        (LEGACY, "mute tools/list", r"answered tools/list within 10 s; .* before --\.\n$"),
        (
            LEGACY,
            "deep tools/list",
            r"within 10 s, and has sent what is no message: Invalid JSON: recursion limit ",
        ),
        (ENDLESS, "", r"the server sends pages of tools without end\.\n$"),
        (INVALID, "", r"does not follow the protocol: .*\n$"),
        ({}, "", r"answers with an error: Method not found\n$"),
    ],
)
def test_a_server_that_cannot_be_read_is_explained(
    answers: dict[str, Any], fault: str, said: str, scripted: Callable[..., list[str]], run: Run
) -> None:
    seconds = {"silent": "2", "deep tools/list": "10", "mute tools/list": "10"}.get(fault, "60")
    done = run("--timeout", seconds, "--", *scripted(answers, fault))
    assert (done.status, done.out) == (2, "")
    assert re.match(r"copier-mcp: (the server|an answer)", done.err)
    assert re.search(said, done.err), done.err


def test_a_server_that_ends_without_a_word_is_explained(run: Run) -> None:
    done = run("--", sys.executable, "-c", "")
    said = "the server ended before it had answered; does it need arguments or variables?"
    assert done == (2, "", f"copier-mcp: {said}\n")


def test_of_much_on_stderr_the_end_is_shown(run: Run) -> None:
    code = "import sys; print('x' * 200_000, 'The key is not set.', file=sys.stderr)"
    done = run("--timeout", "60", "--", sys.executable, "-c", code)
    assert done.status == 2
    assert done.err.endswith("xx The key is not set.\n")
    assert len(done.err) < 70_000


def test_what_a_command_is_given_reaches_it(run: Run) -> None:
    """Options in it are its own, and so is a second `--`."""
    code = "import sys; print(sys.argv[1:], file=sys.stderr)"
    done = run("--timeout", "60", "--", sys.executable, "-c", code, "--strict", "--", "--help")
    assert done.status == 2
    assert done.err.endswith("stderr was:\n  ['--strict', '--', '--help']\n")


@pytest.mark.parametrize("command", ["no-such-command", "."])
def test_a_command_that_does_not_start_is_explained(command: str, run: Run) -> None:
    done = run("--", command)
    assert (done.status, done.out) == (2, "")
    said = rf"copier-mcp: cannot start {re.escape(command)}: \w.*; write a command that runs .*\n"
    assert re.fullmatch(said, done.err)


# HTTP -------------------------------------------------------------------------------------------


@contextmanager
def answering(status: int, seen: list[str]) -> Iterator[str]:
    """Serve HTTP that answers all with one status, and keep what tokens it was shown."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/mcp?key=secret"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "token", "said"),
    [
        (401, "", "the token in MCP_TOKEN is not set: set it."),
        (403, "old", "the token in MCP_TOKEN allows nothing here: set another one."),
        (404, "", "write the URL of its MCP endpoint, which often ends in /mcp."),
        (500, "", "see the log of the server."),
    ],
)
def test_a_status_is_explained(
    status: int, token: str, said: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setenv("MCP_TOKEN", token)
    with answering(status, seen) as url:
        done = run(url)
    shown = url.partition("?")[0]
    assert done == (2, "", f"copier-mcp: {shown} answers with HTTP status {status}; {said}\n")
    assert {*seen} == {f"Bearer {token}" if token else ""}


@pytest.mark.parametrize("token", ["a\nb", "tökén"])
def test_a_token_that_no_header_can_have_is_explained(
    token: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_TOKEN", token)
    said = "the token in MCP_TOKEN has characters that no token has: copy it anew."
    assert run("http://127.0.0.1:9/mcp") == (2, "", f"copier-mcp: {said}\n")


def test_a_url_that_is_none_is_explained(run: Run) -> None:
    done = run("http://[::1/mcp")
    assert (done.status, done.out) == (2, "")
    assert re.fullmatch(r"copier-mcp: .+\n", done.err)


def test_a_url_that_nobody_serves_is_explained(run: Run) -> None:
    done = run("http://user:secret@127.0.0.1:9/mcp")
    assert (done.status, done.out) == (2, "")
    said = r"copier-mcp: cannot connect to http://127\.0\.0\.1:9/mcp: .*; is the server running\?\n"
    assert re.fullmatch(said, done.err)


# The command line -------------------------------------------------------------------------------


def test_a_file_is_written_only_where_it_is_complete(
    run: Run, scripted: Callable[..., list[str]]
) -> None:
    printed = run("--", *scripted(LEGACY)).out
    file = Path("server.yml")
    assert run("-o", "server.yml", "--", *scripted(LEGACY, "tools/list")).status == 2
    assert not file.exists()
    assert run("-o", "server.yml", "--", *scripted(LEGACY)) == (0, "", "")
    assert file.read_text("utf-8") == printed
    file.write_text("mine", "utf-8")
    said = "copier-mcp: server.yml is there already; write --force, or another name.\n"
    assert run("-o", "server.yml", "--", *scripted(LEGACY)) == (2, "", said)
    failing = scripted(LEGACY, "tools/list")
    assert run("-o", "server.yml", "--force", "--", *failing).status == 2
    assert file.read_text("utf-8") == "mine"
    assert run("-o", "server.yml", "--force", "--", *scripted(LEGACY)).status == 0
    assert file.read_text("utf-8") == printed


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--timeout", "0", "x"),
        ("--timeout", "x", "y"),
        ("--strict",),
        ("https://example.com/mcp", "--", "server"),
    ],
)
def test_wrong_options_are_explained(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    assert "usage: copier-mcp import server [options] (URL | -- COMMAND [ARGUMENT ...])" in done.err


def test_help_has_an_example(run: Run) -> None:
    done = run("--help")
    assert done.status == 0
    assert "\n  copier-mcp import server -o server.yml -- npx " in done.out
    for word in ("--output", "--force", "--strict", "--timeout", "MCP_TOKEN", "exit status:"):
        assert word in done.out


def test_a_long_read_shows_a_terminal_how_far_it_is(
    run: Run, scripted: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10**6, 2))
    monkeypatch.setattr("copier_mcp.check.verb.time.monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    err = run("--timeout", "2", "--", *scripted(LEGACY, "silent")).err
    assert "\r\x1b[Kreading the server: 0 of 2" in err
    assert err.index("\r\x1b[Kcopier-mcp: ") > err.index("reading")
