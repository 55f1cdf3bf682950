"""Runs the sessions: contenders side by side in fresh processes, measured in turns.

The turns are short. What slows a machine down for some seconds then slows all contenders down, and
the ratios between them stay what they are.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial

from benchmarks.harness.channels import Channel, HttpChannel
from benchmarks.harness.load import Window, drive
from benchmarks.harness.processes import (
    Process,
    ServerFailedError,
    free_port,
    http_server,
    stdio_server,
)
from benchmarks.harness.results import Results
from benchmarks.harness.sessions import MEMORY, START, STARTS, Session, p50, p99, processor
from benchmarks.servers.contenders import Contender
from benchmarks.servers.environments import Environments


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how often is measured in a round."""

    window: float
    warm_up: float
    turns: int


@dataclass(frozen=True, slots=True)
class _Running:
    """A server that is ready, and how so many requests are kept in flight."""

    contender: Contender
    tools: int
    process: Process
    connect: Callable[[int], AbstractContextManager[partial[Window]]]

    @contextmanager
    def blamed(self, session: Session) -> Iterator[None]:
        """Turn what goes wrong meanwhile into a failure of this server."""
        with _named(self.contender, session), self.process.blamed():
            yield


@dataclass(slots=True)
class Bench:
    """Runs sessions into results, and remembers how busy the client was."""

    built: Environments
    pace: Pace
    results: Results
    busiest: float = 0.0

    def run(self, session: Session, first: int) -> None:
        """Run a session once; `first` says with which contender the turns begin."""
        if session is STARTS:
            for turn in range(self.pace.turns):
                for contender in _turned(session.contenders, first + turn):
                    with _named(contender, session):
                        self._start(session, contender)
            return
        with ExitStack() as stack:
            running: list[_Running] = []
            for contender in session.contenders:
                for tools in session.tools:
                    with _named(contender, session):
                        running.append(self._serve(stack, session, contender, tools))
            for in_flight in session.in_flight:
                self._turns(session, in_flight, _turned(running, first))

    def _start(self, session: Session, contender: Contender) -> None:
        command = contender.start(self.built, session.tools[0], None)
        with stdio_server(command, session.era) as server:
            shown = {
                START: server.start_seconds,
                processor(START): server.process.processor_seconds * 1000,
                MEMORY: server.process.memory_mebibytes,
            }
        self.results.add(contender.key, shown)

    def _serve(
        self, stack: ExitStack, session: Session, contender: Contender, tools: int
    ) -> _Running:
        request, numbers = session.request(tools), itertools.count(1)
        if session.transport == "stdio":
            command = contender.start(self.built, tools, None)
            server = stack.enter_context(stdio_server(command, session.era))

            @contextmanager
            def pipes(in_flight: int) -> Iterator[partial[Window]]:
                yield partial(drive, [server.channel], request, numbers, depth=in_flight)

            return _Running(contender, tools, server.process, pipes)
        port = free_port()
        command = contender.start(self.built, tools, port)
        process = stack.enter_context(http_server(command, port))

        @contextmanager
        def connections(in_flight: int) -> Iterator[partial[Window]]:
            with ExitStack() as opened:
                # New ones each turn: servers close those that say nothing for five seconds.
                channels: list[Channel] = [
                    opened.enter_context(closing(HttpChannel(port, session.era, request)))
                    for _ in range(in_flight)
                ]
                load = partial(drive, channels, request, numbers, depth=1)
                # One request each, so that no window contains the making of its connections.
                load(seconds=0)
                yield load

        return _Running(contender, tools, process, connections)

    def _turns(self, session: Session, in_flight: int, running: Sequence[_Running]) -> None:
        for one in running:
            with one.blamed(session), one.connect(in_flight) as load:
                load(seconds=self.pace.warm_up)
        for turn in range(self.pace.turns):
            for one in _turned(running, turn):
                with one.blamed(session), one.connect(in_flight) as load:
                    used = one.process.processor_seconds
                    window = load(seconds=self.pace.window)
                    used = one.process.processor_seconds - used
                self.busiest = max(self.busiest, window.client_busy)
                name = session.calls(in_flight, one.tools)
                shown = {
                    name: window.calls_per_second,
                    p50(name): window.p50_milliseconds,
                    p99(name): window.p99_milliseconds,
                    processor(name): used / window.calls * 1000,
                }
                self.results.add(one.contender.key, shown)


@contextmanager
def _named(contender: Contender, session: Session) -> Iterator[None]:
    try:
        yield
    except ServerFailedError as error:
        raise ServerFailedError(f"{contender.name}, {session.title}: {error}") from error


def _turned[T](items: Sequence[T], turn: int) -> list[T]:
    """Begin with another one each time, so that nobody always runs behind the same one."""
    first = turn % len(items)
    return [*items[first:], *items[:first]]
