"""The bytes of every request that is measured, and the check that its answer is the right one.

Requests are formatted, not built from objects, and answers are only parsed: whatever the client
spends is missing on the other core. A wrong answer ends the benchmark, it is never counted.
"""

import json
from dataclasses import dataclass
from typing import Any, Protocol

ADDEND = 7


class WrongAnswerError(Exception):
    """A server answered something else than it was asked for."""


@dataclass(frozen=True, slots=True)
class Era:
    """A protocol revision: what a client sends before and with each request."""

    version: str
    has_handshake: bool

    @property
    def meta(self) -> str:
        """The `_meta` member of every request, with a comma in front."""
        if self.has_handshake:
            return ""
        envelope = {
            "io.modelcontextprotocol/protocolVersion": self.version,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1"},
        }
        return f',"_meta":{json.dumps(envelope)}'

    @property
    def opening(self) -> bytes:
        """The first request of a client of this revision."""
        if not self.has_handshake:
            return _request('"server/discover"', '"start"', f"{{{self.meta[1:]}}}")
        params = {
            "protocolVersion": self.version,
            "capabilities": {},
            "clientInfo": {"name": "benchmark", "version": "1"},
        }
        return _request('"initialize"', '"start"', json.dumps(params))


def _request(method: str, number: str, params: str) -> bytes:
    text = f'{{"jsonrpc":"2.0","id":{number},"method":{method},"params":{params}}}'
    return text.encode()


MODERN = Era("2026-07-28", has_handshake=False)
HANDSHAKE = Era("2025-11-25", has_handshake=True)

INITIALIZED = b'{"jsonrpc":"2.0","method":"notifications/initialized"}'


class Request(Protocol):
    """A kind of request: how it is written, and how its answer is checked."""

    method: str
    name: str | None

    def encode(self, number: int) -> bytes:
        """Write the request with this number as its id."""

    def check(self, answer: bytes) -> int:
        """Return the id that is answered, or raise `WrongAnswerError`."""


def _result(answer: bytes) -> tuple[int, dict[str, Any]]:
    message = json.loads(answer)
    result = message.get("result")
    if not isinstance(result, dict) or result.get("isError"):
        raise WrongAnswerError(f"an error came back: {answer[:500]!r}")
    return message["id"], result


class ToolCall:
    """A call of a tool whose arguments have the id, and which answers with them."""

    method = "tools/call"

    def __init__(self, era: Era, name: str, arguments: str) -> None:
        self.name: str | None = name
        params = f'{{"name":"{name}","arguments":{arguments}{era.meta}}}'
        self._request = _request('"tools/call"', "%d", params)
        self._places = self._request.count(b"%d")

    def encode(self, number: int) -> bytes:
        return self._request % ((number,) * self._places)

    def check(self, answer: bytes) -> int:
        number, result = _result(answer)
        self._verify(number, result.get("structuredContent"))
        return number

    def _verify(self, number: int, content: object) -> None:
        if content != {"number": number}:
            raise WrongAnswerError(f"not the number {number}: {content!r:.500}")


class AddCall(ToolCall):
    """A call of `add`; the arguments change with the id, so a stale answer is a wrong one."""

    def __init__(self, era: Era) -> None:
        super().__init__(era, "add", f'{{"a":%d,"b":{ADDEND}}}')

    def _verify(self, number: int, content: object) -> None:
        if content != {"sum": number + ADDEND}:
            raise WrongAnswerError(f"not the sum of {number} and {ADDEND}: {content!r:.500}")


class ListTools:
    """A listing of the tools, all of which must be there."""

    method = "tools/list"
    name: str | None = None

    def __init__(self, era: Era, tools: int) -> None:
        self._request = _request('"tools/list"', "%d", f"{{{era.meta[1:]}}}")
        self._tools = tools

    def encode(self, number: int) -> bytes:
        return self._request % number

    def check(self, answer: bytes) -> int:
        number, result = _result(answer)
        names = {tool["name"] for tool in result["tools"]}
        if len(names) != self._tools or "add" not in names:
            raise WrongAnswerError(f"not the {self._tools} tools: {sorted(names)[:5]}, …")
        return number
