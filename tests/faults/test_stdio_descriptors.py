"""What is behind the standard descriptors: a log that nobody reads, files, sockets, terminals."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from mcp.types import PARSE_ERROR

from support.serving import PATIENCE, Installed, request

if sys.platform == "win32":
    pytest.skip("The SDK's transport serves on Windows.", allow_module_level=True)

import termios


@asynccontextmanager
async def started(
    server: Installed,
    *,
    stdin: int = PIPE,
    stdout: int = PIPE,
    stderr: int = PIPE,
    script: str = 'exec "$0"',
) -> AsyncIterator[Process]:
    """Start the server with other descriptors than pipes of ours, and kill it in any case."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", script, server.command),
        cwd=server.workspace.parent,
        env=server.environment(),
        start_new_session=True,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def conversation(era: str) -> bytes:
    """Return a whole conversation, whose last line has no end and is no message."""
    greeting = {"capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    method = "server/discover" if era == "2026-07-28" else "initialize"
    messages = [request(1, method, greeting | {"protocolVersion": era}, era)]
    calls: dict[str, Mapping[str, object]] = {
        "wait": {"seconds": 0.5},
        "count_words": {"files": ["haiku.md"]},
        "answer_large": {"size": 1_000_000},
    }
    for number, (name, arguments) in enumerate(calls.items(), start=2):
        params = {"name": name, "arguments": arguments}
        messages.append(request(number, "tools/call", params, era))
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages) + b"hello"


def check_conversation(output: bytes) -> None:
    """Check that all of the conversation was answered, once, and nothing else said."""
    messages: list[dict[str, Any]] = [json.loads(line) for line in output.splitlines()]
    answers = {message["id"]: message for message in messages}
    assert len(answers) == len(messages) == 5
    assert answers[None]["error"]["code"] == PARSE_ERROR
    assert "serverInfo" in json.dumps(answers[1])
    contents = [answers[number]["result"]["structuredContent"] for number in (2, 3, 4)]
    assert contents[0] == {"steps": 1}
    assert contents[1]["total_words"] == 8
    assert contents[2] == {"text": "x" * 1_000_000}


# What is printed --------------------------------------------------------------


async def test_what_handlers_and_their_processes_print_goes_to_the_log(
    server: Installed, era: str
) -> None:
    async with server.over_stdio(era) as wire:
        await wire.hello()
        for _ in range(2):
            assert "result" in await wire.tool("print_out", text="printed\n")
        child = (await wire.tool("run_child", seconds=0))["result"]["structuredContent"]
        assert child == {"text": "exit 0"}
        wire.end()
        assert await wire.ended() == (0, b"")
    # Each call prints in four ways.
    assert wire.log.count(b"printed") == 8
    assert wire.log.count(b"from a child") == 1


# The log ----------------------------------------------------------------------


async def answered(process: Process, count: int) -> None:
    """Check that so many lines that are no messages are all answered, and then a call."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(b"hello\n" * count + conversation("2026-07-28"))
    process.stdin.write_eof()
    for _ in range(count):
        assert json.loads(await process.stdout.readline())["error"]["code"] == PARSE_ERROR
    check_conversation(await process.stdout.read())
    assert await process.wait() == 0


async def test_a_log_that_nobody_reads_stops_nothing(server: Installed) -> None:
    unread, stderr = os.pipe()
    try:
        async with started(server, stderr=stderr) as process:
            os.close(stderr)
            # A pipe has no room for a tenth of what is written to the log.
            await answered(process, 10_000)
    finally:
        os.close(unread)


@pytest.mark.parametrize("blocks", [True, False], ids=["blocking", "not blocking"])
async def test_a_log_that_is_read_late_is_whole(server: Installed, blocks: bool) -> None:
    late, stderr = os.pipe()
    os.set_blocking(stderr, blocks)
    with os.fdopen(late, "rb") as readable:
        async with started(server, stderr=stderr) as process:
            os.close(stderr)
            assert process.stdin
            assert process.stdout
            process.stdin.write(b"hello\n" * 5000)
            for _ in range(5000):
                await process.stdout.readline()
            process.stdin.write_eof()
            log = await asyncio.to_thread(readable.read)
            assert await process.wait() == 0
        assert log.count(b"refused input") == 5000


@pytest.mark.parametrize("log", ["&-", "/dev/null", "/dev/full"])
async def test_without_a_log_all_is_answered(server: Installed, log: str) -> None:
    async with started(server, script=f'exec "$0" 2>{log}') as process:
        await answered(process, 10)


async def test_a_log_whose_reader_has_gone_stops_nothing(server: Installed) -> None:
    unread, stderr = os.pipe()
    os.close(unread)
    async with started(server, stderr=stderr) as process:
        os.close(stderr)
        await answered(process, 10)


# Files, sockets, terminals ----------------------------------------------------


@pytest.mark.parametrize(
    "script",
    ['"$0" <in >out', '"$0" <in | cat >out', 'cat in | "$0" >out', '"$0" <in >>out 2>&1'],
)
async def test_files_can_be_its_input_and_its_output(server: Installed, script: str) -> None:
    requests, answers = (server.workspace.parent / name for name in ("in", "out"))
    requests.write_bytes(conversation("2025-11-25"))
    answers.unlink(missing_ok=True)
    async with started(server, stdin=DEVNULL, script=script) as process:
        output, log = await process.communicate()
        assert (process.returncode, output) == (0, b"")
    lines = answers.read_bytes().splitlines(keepends=True)
    log += b"".join(line for line in lines if b" INFO " in line or b" WARNING " in line)
    assert log.count(b"refused input") == 1
    check_conversation(b"".join(line for line in lines if line not in log))


async def test_input_that_is_empty_is_an_end(server: Installed) -> None:
    async with started(server, stdin=DEVNULL) as process:
        assert await process.communicate() == (b"", b"")
        assert process.returncode == 0


@pytest.mark.parametrize("leaves", [False, True], ids=["input ends", "output is closed"])
async def test_sockets_are_served_as_pipes_are(server: Installed, leaves: bool) -> None:
    # This is how Node.js starts processes.
    requests, stdin = socket.socketpair()
    answers, stdout = socket.socketpair()
    async with started(server, stdin=stdin.fileno(), stdout=stdout.fileno()) as process:
        stdin.close()
        stdout.close()
        reader, answers_end = await asyncio.open_connection(sock=answers, limit=4_000_000)
        _, writer = await asyncio.open_connection(sock=requests)
        writer.write(conversation("2026-07-28") + b"\n")
        lines = [await reader.readline() for _ in range(5)]
        (answers_end if leaves else writer).close()
        assert await process.wait() == 0
        check_conversation(b"".join(lines))
        assert leaves or await reader.read() == b""
        for end in (writer, answers_end):
            end.close()


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A terminal: its own end and that of a process. It shows no input."""
    ours, theirs = os.openpty()
    flags = termios.tcgetattr(theirs)
    flags[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, flags)
    with os.fdopen(ours, "r+b", buffering=0) as ours_open, os.fdopen(theirs) as theirs_open:
        yield ours_open.fileno(), theirs_open.fileno()


def read_lines(descriptor: int, count: int) -> bytes:
    data = b""
    while data.count(b"\n") < count:
        data += os.read(descriptor, 65536)
    return data


@pytest.mark.parametrize("end", ["end of input", "SIGINT", "SIGTERM", "closed"])
async def test_a_terminal_is_served_as_pipes_are(
    server: Installed, terminal: tuple[int, int], end: str
) -> None:
    ours, theirs = terminal
    async with started(server, stdin=theirs, stdout=theirs) as process:
        os.write(ours, conversation("2026-07-28") + b"\n")
        check_conversation(await asyncio.to_thread(read_lines, ours, 5))
        if end == "end of input":
            os.write(ours, b"\x04")
        elif end == "closed":
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in terminal:
                os.dup2(nothing, descriptor)
            os.close(nothing)
        else:
            process.send_signal(signal.Signals[end])
        assert await process.wait() == 0
