"""The load generator: keeps so many requests in flight for so long, and takes the times."""

import itertools
import math
import selectors
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.harness.channels import Channel
from benchmarks.harness.wire import Request, WrongAnswerError

# No answer for so long is a failure, also of the slowest server with 64 requests in flight.
STALL_SECONDS = 30.0
# No window has more calls than this, however fast the server.
_MAX_CALLS = 100_000


@dataclass(frozen=True, slots=True)
class Window:
    """What one window of load showed."""

    calls: int
    """All calls that were answered, also those after the end."""
    calls_per_second: float
    p50_milliseconds: float
    p99_milliseconds: float
    client_busy: float
    """The share of a core that the client itself used; near 1, it measures itself."""


def drive(
    channels: Sequence[Channel],
    request: Request,
    numbers: Iterator[int],
    *,
    depth: int,
    seconds: float,
) -> Window:
    """Keep `depth` requests in flight on every channel for this long, and check every answer.

    `numbers` gives the ids, which no other window of the same server may use. Answers that come
    after the end of the window are awaited and checked, but as a rule not counted.
    """
    busy = time.process_time()
    begin = time.perf_counter_ns()
    load = _Load(request, numbers, end=begin + int(seconds * 1e9))
    with selectors.DefaultSelector() as selector:
        for channel in channels:
            selector.register(channel, selectors.EVENT_READ, channel)
            load.issue(channel, depth)
        while load.started:
            ready = selector.select(STALL_SECONDS)
            if not ready:
                raise WrongAnswerError(f"{len(load.started)} requests got no answer")
            for key, _ in ready:
                load.take(key.data)
    finish = time.perf_counter_ns()
    busy = time.process_time() - busy
    latencies, counted = load.in_time, min(finish, load.end) - begin
    if len(load.in_time) < len(load.late):
        # A window too short for this server, in which hardly an answer came: take all of them.
        latencies, counted = load.in_time + load.late, finish - begin
    return Window(
        calls=load.issued,
        calls_per_second=len(latencies) / counted * 1e9,
        p50_milliseconds=statistics.median(latencies) / 1e6,
        p99_milliseconds=_percentile(latencies, 0.99) / 1e6,
        client_busy=busy / (finish - begin) * 1e9,
    )


@dataclass(slots=True)
class _Load:
    """The requests of one window: which are in flight, and how long the others took."""

    request: Request
    numbers: Iterator[int]
    end: int
    issued: int = 0
    started: dict[int, int] = field(default_factory=dict)
    in_time: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)

    def issue(self, channel: Channel, count: int) -> None:
        """Send so many requests more, together."""
        batch = list(itertools.islice(self.numbers, min(count, _MAX_CALLS - self.issued)))
        encoded = [self.request.encode(number) for number in batch]
        self.issued += len(batch)
        self.started.update(dict.fromkeys(batch, time.perf_counter_ns()))
        channel.send(encoded)

    def take(self, channel: Channel) -> None:
        """Take the answers that came, and send as many requests again until the end."""
        answers = channel.receive()
        now = time.perf_counter_ns()
        for answer in answers:
            sent = self.started.pop(self.request.check(answer), None)
            if sent is None:
                raise WrongAnswerError(f"nobody asked for this: {answer[:500]!r}")
            (self.in_time if now <= self.end else self.late).append(now - sent)
        if answers and now < self.end:
            self.issue(channel, len(answers))


def _percentile(values: Sequence[int], share: float) -> float:
    """Return the value at or below which this share of the values lies (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
