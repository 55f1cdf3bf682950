"""What is noted of a server under load, and what of it is a fault."""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

MAX_GROWTH = 8.0
"""MiB that the memory may grow by, from the second quarter of the time to the last.

A server that leaks nothing grows by up to four: until its allocator has seen the worst of it, and
until the sessions have as many events as they keep.
"""

MAX_SLOWDOWN = 1.5
"""How many times the latency of a server that has just been started."""

WORKERS = min(32, (os.cpu_count() or 1) + 4)
"""Threads that asyncio keeps for blocking work once it has needed them."""

_FEW = 8  # Samples without which there are no quarters to compare.


@dataclass(frozen=True, slots=True)
class Sample:
    """What a server takes up while no request is on its way."""

    seconds: float
    memory: float
    """Resident, in MiB."""
    descriptors: int
    threads: int
    children: int
    tasks: int
    waiting: int
    """Calls that go on although nobody waits for them."""
    latencies: Sequence[float] = ()
    """Milliseconds of the calls since the sample before."""


@dataclass(slots=True)
class Record:
    """One server: before the load, during it and after it."""

    name: str
    samples: list[Sample] = field(default_factory=list)
    before: Sample | None = None
    after: Sample | None = None
    """When everyone but the clients that were there before has gone."""
    aged: list[float] = field(default_factory=list)
    """Milliseconds of calls at the end."""
    fresh: list[float] = field(default_factory=list)
    """The same of another server that has just been started, measured in turns."""

    @property
    def calls(self) -> int:
        """How many calls have been measured."""
        return sum(len(sample.latencies) for sample in self.samples)

    def quarter(self, number: int) -> Sequence[Sample]:
        """Return the samples of a quarter of the time: 1 to 4."""
        end = self.samples[-1].seconds
        return [one for one in self.samples if number - 1 < one.seconds / end * 4 <= number]

    @property
    def growth(self) -> float:
        """MiB from the second quarter to the last, median against median."""
        second, last = (median(one.memory for one in self.quarter(n)) for n in (2, 4))
        return last - second

    @property
    def slower(self) -> float:
        """How many times the latency of a fresh server it has, median against median."""
        return median(self.aged) / median(self.fresh)


def judge(records: Sequence[Record], faults: Sequence[str]) -> list[str]:
    """Return what is wrong, a sentence each; nothing if nothing is."""
    found = [f"{len(faults)} wrong or lost answers, the first: {faults[0]}"] if faults else []
    for record in records:
        found += [f"{record.name}: {problem}" for problem in _problems(record)]
    return found


def _problems(record: Record) -> Iterator[str]:
    before, after = record.before, record.after
    if before is None or after is None or not record.calls or len(record.samples) < _FEW:
        yield "too little was measured to say anything"
        return
    if record.growth > MAX_GROWTH:
        yield f"the memory grew by {record.growth:.1f} MiB from the second quarter to the last"
    for name, allowed in (("tasks", 0), ("descriptors", 0), ("children", 0), ("threads", WORKERS)):
        # While it lasts a load takes some. What a leak takes never comes back, so that even the
        # least of a quarter grows.
        second, last = (min(getattr(one, name) for one in record.quarter(n)) for n in (2, 4))
        # The pool of threads, and connections that are kept, depend on the most at one time.
        if last > second + max(allowed, 2):
            yield f"from the second quarter to the last the {name} grew from {second} to {last}"
        first, left = getattr(before, name), getattr(after, name)
        if left > first + allowed:
            yield f"when the load was over there were {left} {name}, before it {first}"
    if after.waiting:
        yield f"{after.waiting} calls go on that nobody waits for"
    if record.slower > MAX_SLOWDOWN:
        yield f"a call takes {record.slower:.2f} times as long as on a fresh server"


def table(records: Sequence[Record]) -> str:
    """Return the quarters of every server, and what was there before and after, as Markdown."""
    lines = [
        "| server | when | MiB | descriptors | threads | children | tasks | p50, ms | p99, ms |",
        f"|---|---|{'---:|' * 7}",
    ]
    for record in records:
        rows = {f"quarter {number}": record.quarter(number) for number in range(1, 5)}
        rows = {"before": _one(record.before), **rows, "after": _one(record.after)}
        lines += [
            f"| {record.name} | {when} | {_cells(rows[when])} |" for when in rows if rows[when]
        ]
    lines.append("")
    lines += [
        f"{record.name}: {record.calls:,} calls measured, {record.growth:+.1f} MiB from the second "
        f"quarter to the last, {record.slower:.2f} times the latency of a fresh server"
        for record in records
        if len(record.samples) >= _FEW and record.fresh
    ]
    return "\n".join(lines)


def _one(sample: Sample | None) -> Sequence[Sample]:
    return [] if sample is None else [sample]


def _cells(samples: Sequence[Sample]) -> str:
    names = ("descriptors", "threads", "children", "tasks")
    counts = [f"{median(getattr(one, name) for one in samples):g}" for name in names]
    latencies = [latency for one in samples for latency in one.latencies]
    p50 = median(latencies) if latencies else math.nan
    p99 = quantiles(latencies, n=100)[98] if len(latencies) > 1 else math.nan
    memory = f"{median(one.memory for one in samples):.1f}"
    return " | ".join([memory, *counts, f"{p50:.1f}", f"{p99:.1f}"])
