"""Lines that no client should send; json_rpc.py says what they have to get as an answer.

Hypothesis makes them, always the same ones; `make fuzz` makes other and many more.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from support.serving import CLIENT, request

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""How many examples a long run has; none is the short one of the gate."""


def search(examples: int) -> settings:
    """Return how a test searches: with so many examples, unless it is told to look further."""
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def some[T](strategy: st.SearchStrategy[T], examples: int) -> list[T]:
    """Return examples of a strategy."""
    found: list[T] = []

    @settings(search(examples), phases=[Phase.generate])
    @given(strategy)
    def collect(drawn: T) -> None:
        found.append(drawn)

    collect()
    return found


# Values -----------------------------------------------------------------------------------------


RAW = {
    "<huge>": "1e400",
    "<minus zero>": "-0",
    "<many digits>": "9" * 4000,
    "<too many digits>": "9" * 5000,
    "<nested>": '{"a":[' * 60 + "]}" * 60,
    "<too nested>": '{"a":[' * 150 + "]}" * 150,
    "<nested without end>": "[" * 50_000,
}
"""What JSON of Python would not write; it stands for what is written in its place."""

NO_MESSAGE = ("<too many digits>", "<too nested>", "<nested without end>")
"""Those of them with which a message is none any more."""

STRINGS = (
    "", " ", "x", "count_words", "summarise_file", "haiku.md", "workspace://summary", "file:///",
    "2026-07-28", "2025-11-25", "2.0", "é", "\0", "a\nb", "\u2028", "\u202e", "\ufeff",
    "\U0001f438", "\ud800", "\udcff\ud83d", "%00", "{{7*7}}", "__class__", "x" * 5000,
)  # fmt: skip
SCALARS = (
    *STRINGS, *RAW, None, True, False, 0, -1, 1.5, 1.0, -0.0, 2**53 + 1, -(2**64), 10**30,
    float("inf"), float("nan"),
)  # fmt: skip


def junk() -> st.SearchStrategy[Any]:
    """Any JSON."""
    leaves = st.sampled_from(SCALARS) | st.integers() | st.floats() | st.text(max_size=20)
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(STRINGS) | st.text(max_size=5), inner, max_size=4)
        ),
        max_leaves=8,
    )


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


@st.composite
def changed(draw: st.DrawFn, value: dict[str, Any], most: int = 3) -> dict[str, Any]:
    """A value with a few changes: something dropped, renamed, doubled, swapped or replaced."""
    value = json.loads(json.dumps(value))
    for _ in range(draw(st.integers(1, most))):
        found = list(places(value))
        if not found:
            break
        container, key = draw(st.sampled_from(found))
        change = draw(st.sampled_from(["replace", "replace", "drop", "add", "swap", "nest"]))
        if change == "replace":
            container[key] = draw(junk())
        elif change == "drop":
            del container[key]
        elif change == "nest":
            container[key] = draw(st.sampled_from([[container[key]], {"a": container[key]}]))
        elif change == "swap":
            other, place = draw(st.sampled_from(found))
            if other is container:
                container[key], other[place] = other[place], container[key]
        elif isinstance(container, list):
            container.append(container[key])
        else:
            container[draw(st.sampled_from(STRINGS))] = draw(junk())
    return value


# Lines ------------------------------------------------------------------------------------------

PROMPT = {"type": "ref/prompt", "name": "summarise_file"}
TEMPLATE = {"type": "ref/resource", "uri": "file:///{+path}"}
VALID: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ping", {}),
    ("tools/list", {}),
    ("tools/call", {"name": "count_words", "arguments": {"files": ["haiku.md"]}}),
    ("tools/call", {"name": "search_files", "arguments": {"query": "frog", "limit": 1}}),
    ("tools/call", {"name": "wait", "arguments": {"seconds": 0}, "_meta": {"progressToken": 1}}),
    ("resources/list", {}),
    ("resources/list", {"cursor": "ZmlsZTovLy8="}),
    ("resources/templates/list", {}),
    ("resources/read", {"uri": "workspace://summary"}),
    ("resources/read", {"uri": "file:///haiku.md"}),
    ("prompts/list", {}),
    ("prompts/get", {"name": "summarise_file", "arguments": {"file": "haiku.md"}}),
    (
        "prompts/get",
        {"name": "summarise_file", "arguments": {"file": "haiku.md", "sentences": "2"}},
    ),
    ("completion/complete", {"ref": PROMPT, "argument": {"name": "file", "value": "h"}}),
    ("completion/complete", {"ref": TEMPLATE, "argument": {"name": "path", "value": "h"}}),
    ("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": CLIENT}),
    ("server/discover", {}),
    ("logging/setLevel", {"level": "info"}),
    ("subscriptions/listen", {"notifications": {}}),
    ("tasks/get", {"taskId": "1"}),
)
NOTICES: tuple[dict[str, Any], ...] = (
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "method": "notifications/roots/list_changed", "params": {}},
    {
        "jsonrpc": "2.0",
        "method": "notifications/progress",
        "params": {"progressToken": 1, "progress": 0.5},
    },
    {"jsonrpc": "2.0", "id": 1, "result": {}},
    {"jsonrpc": "2.0", "id": 1, "error": {"code": -1, "message": "no"}},
)


def line(message: Any) -> bytes:
    """Return a message as a line."""
    text = json.dumps(message)
    for name, raw in RAW.items():
        text = text.replace(f'"{name}"', raw)
    return text.encode()


@st.composite
def messages(draw: st.DrawFn) -> Any:
    """A message, valid or after some changes, most of them in its parameters."""
    if draw(st.integers(0, 9)) == 9:
        notice = draw(st.sampled_from(NOTICES))
        return draw(changed(notice) | st.just(notice))
    method, params = draw(st.sampled_from(VALID))
    era = draw(st.sampled_from(["2026-07-28", "2025-11-25"]))
    kind = draw(st.sampled_from(["as it is", "params", "params", "params", "all"]))
    if kind == "params":
        params = draw(changed(params))
    valid = request(str(draw(st.uuids())), method, params, era)
    return draw(changed(valid)) if kind == "all" else valid


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A line: a message, any JSON, a piece of one, or bytes."""
    kind = draw(st.sampled_from(["message"] * 7 + ["json", "piece", "bytes"]))
    if kind == "message":
        return line(draw(messages()))
    if kind == "json":
        return line(draw(junk()))
    if kind == "bytes":
        return draw(st.binary(max_size=60)).replace(b"\n", b"") or b"{"
    whole = line(draw(messages()))
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    return whole[:start] + whole[end:] or b"["
