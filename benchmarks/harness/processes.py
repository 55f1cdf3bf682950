"""Server processes: started like a client starts them, measured, and stopped."""

import contextlib
import math
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks.harness.channels import Channel, PipeChannel
from benchmarks.harness.wire import INITIALIZED, Era, WrongAnswerError
from benchmarks.servers.contenders import Command

START_SECONDS = 60.0
_STOP_SECONDS = 5.0


class ServerFailedError(Exception):
    """A server did not do what it was started for; carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Process:
    """A running server and its log: a file, as clients keep one."""

    popen: subprocess.Popen[bytes]
    log: IO[bytes]

    @contextlib.contextmanager
    def blamed(self) -> Iterator[None]:
        """Turn what goes wrong meanwhile into a failure of this server, and show its log."""
        try:
            yield
        except (OSError, WrongAnswerError) as error:
            self.log.seek(0, os.SEEK_END)
            self.log.seek(max(0, self.log.tell() - 2000))
            end = self.log.read().decode(errors="replace")
            raise ServerFailedError(f"{error}\nThe end of the server's log:\n{end}") from error

    def stop(self) -> None:
        """Let it end, make it end."""
        for harder in (self.popen.terminate, self.popen.kill):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(_STOP_SECONDS)
                return
            harder()
        self.popen.wait()

    @property
    def processor_seconds(self) -> float:
        """The processor time it has used, where the system tells; else not a number."""
        if not sys.platform.startswith("linux"):
            return math.nan
        # What clock_getcpuclockid(3) computes, for which Python has no function.
        return time.clock_gettime((~self.popen.pid << 3) | 2)

    @property
    def memory_mebibytes(self) -> float:
        """Its resident memory."""
        status = Path(f"/proc/{self.popen.pid}/status")
        if status.exists():
            lines = status.read_text().splitlines()
            return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024
        shown = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.popen.pid)],
            check=True,
            capture_output=True,
            text=True,
        )
        return int(shown.stdout) / 1024


@dataclass(frozen=True, slots=True)
class StdioServer:
    """A running server on a pair of pipes."""

    process: Process
    channel: PipeChannel
    start_seconds: float
    """From starting the process to the first answer."""


@contextlib.contextmanager
def stdio_server(command: Command, era: Era) -> Iterator[StdioServer]:
    """Start a server on pipes, and open the connection as a client of this era does."""
    with tempfile.TemporaryFile() as log:
        begin = time.perf_counter()
        popen = subprocess.Popen(
            command.arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=command.environment,
            cwd=command.directory,
            bufsize=0,
        )
        assert popen.stdin is not None
        assert popen.stdout is not None
        process = Process(popen, log)
        try:
            channel = PipeChannel(popen.stdout.fileno(), popen.stdin.fileno())
            with process.blamed():
                channel.send([era.opening])
                answer = first_answer(channel)
                seconds = time.perf_counter() - begin
                if b'"result"' not in answer:
                    raise WrongAnswerError(f"the first answer is an error: {answer[:500]!r}")
                if era.has_handshake:
                    channel.send([INITIALIZED])
            yield StdioServer(process, channel, seconds)
        finally:
            popen.stdin.close()
            process.stop()
            popen.stdout.close()


def first_answer(channel: Channel) -> bytes:
    """Wait for the next answer, as long as a start may take."""
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        while selector.select(START_SECONDS):
            if answers := channel.receive():
                return answers[0]
    raise WrongAnswerError(f"no answer in {START_SECONDS:g} seconds")


@contextlib.contextmanager
def http_server(command: Command, port: int) -> Iterator[Process]:
    """Start a server on a port, and wait until it takes connections."""
    with tempfile.TemporaryFile() as log:
        popen = subprocess.Popen(
            command.arguments,
            stdin=subprocess.DEVNULL,
            # The access log goes to standard output.
            stdout=log,
            stderr=log,
            env=command.environment,
            cwd=command.directory,
        )
        process = Process(popen, log)
        try:
            with process.blamed():
                _wait_for(port, popen)
            yield process
        finally:
            popen.terminate()
            process.stop()


def _wait_for(port: int, popen: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and popen.poll() is None:
        with (
            contextlib.suppress(ConnectionRefusedError),
            socket.create_connection(("127.0.0.1", port), timeout=1),
        ):
            return
        time.sleep(0.02)
    raise WrongAnswerError(f"nothing listens on port {port}, exit status {popen.poll()}")


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
