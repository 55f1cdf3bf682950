"""Lines that no client should send, and what a server has to answer to them.

Hypothesis makes them, always the same ones; `make fuzz` makes other and many more.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from serving import CLIENT, Wire, request

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
    "<nested without end>": "[" * 100_000,
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


# Answers ----------------------------------------------------------------------------------------

CODES = {-32700, -32600, -32601, -32602, -32021, -32022}
"""What a client may do wrong, of docs/how-it-works.md and the specification; never -32603."""

CODES_OVER_HTTP = CODES | {-32020}
"""There headers and body can contradict each other."""

BY_THE_SDK = ("Parse error: ", "Validation error: ")
"""How answers of the SDK's HTTP transport begin that quote pydantic about what is no message."""

NOT_JSON = re.compile(r"A line is not JSON: \w+")  # The word says why: JSONDecodeError and so on.
LEAKS = re.compile(
    r"Traceback|site-packages|\.py\b|[Pp]ydantic|File \"|/(?:home|root|usr|tmp|var)/"
    r"|\b[A-Z]\w+(?:Error|Exception)\b|0x[0-9a-f]{6,}"
)


@dataclass(slots=True)
class Expected:
    """The answers that some lines have to get."""

    by_id: Counter[str] = field(default_factory=Counter)
    least_without_id: int = 0
    most_without_id: int = 0

    def add(self, sent: bytes) -> None:
        """Add what JSON-RPC 2.0 asks for a line."""
        if not sent.strip():  # Nothing is said, so nothing is answered.
            return
        try:
            message = json.loads(sent)
        except (ValueError, RecursionError):
            message = None
        match message:
            case {"id": str() | int() as found, **rest} if self._is_asked(found, rest):
                self.by_id[json.dumps(found)] += 1
            case {"result": _} | {"error": _}:  # An answer: refused if it is none, else taken.
                self.most_without_id += 1
            case {"jsonrpc": "2.0", "method": str(), **rest} if "id" not in rest:
                odd = rest.get("params") is not None and not isinstance(rest["params"], dict)
                # What is written in half characters or in too many levels is not understood.
                self.most_without_id += 1
                self.least_without_id += odd
            case _:
                self.least_without_id += 1
                self.most_without_id += 1

    @staticmethod
    def _is_asked(found: str | int, rest: Mapping[Any, Any]) -> bool:
        if isinstance(found, bool) or any("\ud800" <= each <= "\udfff" for each in str(found)):
            return False
        is_request = rest.get("jsonrpc") == "2.0" and isinstance(rest.get("method"), str)
        return is_request or not {"result", "error"} & rest.keys()


def check(answer: dict[str, Any], *, over_http: bool = False) -> None:
    """Check that an answer is one, and that it tells nothing about the server's inside."""
    assert ("result" in answer) != ("error" in answer), answer
    if "result" in answer:
        assert isinstance(answer["result"], dict)
        if answer["result"].get("isError"):
            check_text("\n".join(part["text"] for part in answer["result"]["content"]))
        return
    error = answer["error"]
    assert error["code"] in (CODES_OVER_HTTP if over_http else CODES), answer
    if not (over_http and error["message"].startswith(BY_THE_SDK)):
        check_text(error["message"])
    data = error.get("data")
    echoed = error["code"] in (-32601, -32602) or isinstance(data, dict)
    assert data is None or echoed, answer


def check_text(text: str) -> None:
    assert NOT_JSON.fullmatch(text) or not LEAKS.search(text), text
    assert len(text) < 3000, "it repeats what was long"


async def converse(wire: Wire, sent: Sequence[bytes]) -> None:
    """Send some lines and a valid call, and check every answer: none is missing, none too many."""
    expected = Expected()
    for each in sent:
        expected.add(each)
        wire.send(each)
    last = json.dumps(wire.request("tools/call", {"name": "waiting", "arguments": {}}))
    expected.by_id[last] += 1
    without_id = 0
    while expected.by_id.total():
        answer = await wire.receive()
        if "method" in answer:
            assert "id" not in answer, "the server asks nothing here"
            continue
        check(answer)
        key = json.dumps(answer["id"])
        if answer["id"] is None:
            without_id += 1
            continue
        assert expected.by_id[key], f"nobody asked for {answer}"
        expected.by_id[key] -= 1
        if key == last:
            assert "result" in answer
    assert expected.least_without_id <= without_id <= expected.most_without_id, sent
