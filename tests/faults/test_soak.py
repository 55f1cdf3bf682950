"""The servers are under load for some seconds (`make soak`: an hour), and what leaks is found."""

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from mcp.types import JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from benchmarks.soak.clients import Tally
from benchmarks.soak.load import Soak
from benchmarks.soak.verdict import Record, Sample, judge, table
from support import checks
from support.renderer import Renderer
from support.serving import Installed, with_probes

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc to read")


@pytest.fixture(scope="module")
def interactive(render: Renderer, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    directory = tmp_path_factory.mktemp("interactive")
    project = render(http=True, interactive=True).copied_to(directory / "project")
    return Installed.make(with_probes(project), directory)


def test_the_tools_for_it_are_written_as_their_owner_would(
    interactive: Installed, type_cache: Path
) -> None:
    checks.check_style(interactive.project)
    checks.check_types(interactive.project, type_cache)


@needs_proc
async def test_after_some_seconds_of_load_the_servers_are_what_they_were(
    interactive: Installed,
) -> None:
    soak = Soak(interactive, rate=40, compared=50)
    records = await soak.run(15, print)
    print(table(records))
    found = judge(records, soak.faults)
    # How long calls take says something on a quiet machine alone, as that of `make soak`.
    assert [one for one in found if "times as long" not in one] == []


@needs_proc
async def test_a_server_that_leaks_is_found(interactive: Installed) -> None:
    kinds = ["HTTP"]
    soak = Soak(interactive, rate=60, kinds=kinds, leaking=True, compared=10, patience=1)
    found = "\n".join(judge(await soak.run(5, print), soak.faults))
    assert soak.faults == []
    # In so short a time not all of it grows from each quarter to the next.
    assert "HTTP: from the second quarter to the last the " in found
    for what in ("tasks", "descriptors"):
        assert f" {what}, before it" in found
    assert "HTTP: the memory grew by" in found


# The verdict ------------------------------------------------------------------------------------


def healthy() -> Record:
    """Return what an hour with a server looks like that loses nothing, but for some noise."""
    chance = random.Random(7)  # noqa: S311 (the same every time)
    base = Sample(0, 70, 9, 3, 0, 4, 0)
    samples = [
        replace(
            base,
            seconds=30 * (number + 1),
            memory=70 + min(number, 20) / 5 + chance.uniform(-1, 1),
            descriptors=9 + chance.randrange(6),
            threads=3 + min(number // 10, 3),
            tasks=4 + chance.choice([0, 0, 10, 20]),
            latencies=[chance.lognormvariate(1, 0.3) for _ in range(20)],
        )
        for number in range(120)
    ]
    aged, fresh = ([chance.lognormvariate(1, 0.3) for _ in range(50)] for _ in range(2))
    return Record(
        "server", samples, base, replace(samples[-1], descriptors=9, tasks=4), aged, fresh
    )


def growing(**by: float) -> Callable[[Record], None]:
    """Return a fault: with every sample there is more of something."""

    def plant(record: Record) -> None:
        record.samples = [
            replace(one, **{name: getattr(one, name) + number * much for name, much in by.items()})
            for number, one in enumerate(record.samples)
        ]

    return plant


def left(**more: int) -> Callable[[Record], None]:
    """Return a fault: at the end there is more of something than before."""

    def plant(record: Record) -> None:
        assert record.after
        record.after = replace(
            record.after, **{name: getattr(record.after, name) + n for name, n in more.items()}
        )

    return plant


def slow(record: Record) -> None:
    record.aged = [2 * one for one in record.aged]


def measured_briefly(record: Record) -> None:
    del record.samples[4:]


def without_calls(record: Record) -> None:
    record.samples = [replace(one, latencies=()) for one in record.samples]


FAULTS: dict[str, tuple[Callable[[Record], None], Sequence[str]]] = {
    # 0.2 MiB in half a minute are 24 MiB in an hour.
    "memory": (growing(memory=0.2), ["the memory grew by 11.9 MiB"]),
    "descriptors that stay": (growing(descriptors=1), ["the descriptors grew from"]),
    "tasks that stay": (growing(tasks=1), ["the tasks grew from"]),
    "children that stay": (growing(children=1), ["the children grew from"]),
    "threads that stay": (growing(threads=1), ["the threads grew from"]),
    "a task": (left(tasks=1), ["there were 5 tasks, before it 4"]),
    "a descriptor": (left(descriptors=1), ["there were 10 descriptors, before it 9"]),
    "a child": (left(children=1), ["there were 1 children, before it 0"]),
    "a call": (left(waiting=1), ["1 calls go on"]),
    "more than a pool of threads": (left(threads=100), ["there were 106 threads, before it 3"]),
    "latency": (slow, ["times as long as on a fresh server"]),
    "few samples": (measured_briefly, ["too little was measured"]),
    "no calls": (without_calls, ["too little was measured"]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named(fault: str) -> None:
    plant, expected = FAULTS[fault]
    record = healthy()
    plant(record)
    found = judge([healthy(), record], [])
    assert len(found) == len(expected)
    for text, problem in zip(expected, found, strict=True):
        assert text in problem


def test_noise_is_no_fault_and_a_wrong_answer_is_one() -> None:
    assert judge([healthy()], []) == []
    assert judge([healthy()], ["x", "y"]) == ["2 wrong or lost answers, the first: x"]
    assert "| server | quarter 4 | " in table([healthy()])


def test_every_request_has_one_answer() -> None:
    faults: list[str] = []
    tally = Tally(faults)
    for number in range(1, 5):
        tally.sent(JSONRPCRequest(jsonrpc="2.0", id=number, method="tools/call"))
    cancelled = {"requestId": 2}
    tally.sent(
        JSONRPCNotification(jsonrpc="2.0", method="notifications/cancelled", params=cancelled)
    )
    for number in (1, 2, 3):  # The answer to what was cancelled was on its way already.
        tally.received(JSONRPCResponse(jsonrpc="2.0", id=number, result={}))
    assert faults == []
    for number in (2, 3):
        tally.received(JSONRPCResponse(jsonrpc="2.0", id=number, result={}))
    tally.nonsense += 1
    tally.closed()
    assert faults == [
        "an answer to request 2 that nobody waits for",
        "an answer to request 3 that nobody waits for",
        "request 4 (tools/call) got no answer",
        "1 lines that are no message got no answer",
    ]
