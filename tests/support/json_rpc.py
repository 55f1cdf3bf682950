"""What a server has to answer to lines, valid or not, as JSON-RPC 2.0 and MCP say."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from support.serving import Wire

CODES = {-32700, -32600, -32601, -32602, -32021, -32022}
"""What a client may do wrong, of docs/errors.md and the specification; never -32603."""

MAX_ID_BYTES = 1024
"""Longer ids are not sent back."""

CODES_OVER_HTTP = CODES | {-32020}
"""There headers and body can contradict each other."""

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
        if len(str(found).encode()) > MAX_ID_BYTES:
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
    check_text(error["message"])
    data = error.get("data")
    echoed = error["code"] in (-32601, -32602) or isinstance(data, dict)
    assert data is None or echoed, answer


def check_text(text: str) -> None:
    assert not LEAKS.search(text), text
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
