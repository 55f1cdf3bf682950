"""What one request may cost: the elements in it, and the errors that they cause."""

import json
import re
from collections.abc import Iterator
from typing import Any

MAX_ELEMENTS = 100_000  # Of a request: the items of lists and the members of objects in it.
MAX_MESSAGE_ELEMENTS = 2_000  # Without a tool's arguments: the SDK builds errors for each of them.
MAX_HANDSHAKE_BYTES = 64 * 1024  # Of `initialize`, which is kept as long as its session.
MIN_COST = 4096  # Bytes, about: a request that waits has tasks and objects of its own.
MAX_ID_BYTES = 1024  # Of what is sent back as it came: the id of a request, its progress token.

# Possessive, and up to the end where it is not closed, so that no byte is read twice.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.?[^"\\]*+)*+"?', re.DOTALL)

_NOT_JSON = (ValueError, RecursionError)

_ID = re.compile(rb'"id"\s*:\s*(?:"(?:[^"\\]|\\.){0,1024}"|-?\d{1,1024}(?!\d))')

_ANSWER = re.compile(rb'"(?:result|error)"\s*:')


def excess(data: bytes) -> str | None:
    """Return what a request has too much of, in a sentence, or nothing.

    The transports limit its bytes. But three bytes may be an object, which takes 100 in memory, and
    1,000 more if it does not fit the schema.
    """
    if len(data) <= MAX_ID_BYTES:
        return None
    if _elements(data) > MAX_ELEMENTS:
        bare, strings = _STRING.subn(b"", data, 2 * MAX_ELEMENTS)  # A name and a value for each.
        if strings == 2 * MAX_ELEMENTS or _elements(bare) > MAX_ELEMENTS:
            return f"A request has at most {MAX_ELEMENTS:,} elements"
    try:
        match message := json.loads(data):
            case {"id": str() | int() as request_id} if is_overlong(request_id):
                return f"The id of a request has at most {MAX_ID_BYTES:,} bytes"
            case {"params": {"_meta": {"progressToken": token}}} if is_overlong(token):
                return f"A progress token has at most {MAX_ID_BYTES:,} bytes"
            case {"method": "initialize"} if len(data) > MAX_HANDSHAKE_BYTES:
                return f"A handshake has at most {MAX_HANDSHAKE_BYTES:,} bytes"
            case {"method": "tools/call", "params": dict() as params}:
                params.pop("arguments", None)
    except _NOT_JSON:  # The transport reports what is wrong.
        return None
    if sum(map(len, _containers(message))) > MAX_MESSAGE_ELEMENTS:
        return f"A request has at most {MAX_MESSAGE_ELEMENTS:,} elements beside a tool's arguments"
    return None


def outline(data: bytes) -> bytes:
    """Return the id of a message that costs too much to parse, and whether it is an answer."""
    # Clients write it before or after the params; within a string its quotes are escaped.
    before = data[: 2 * MAX_ID_BYTES].partition(b'"params"')[0]
    after = data[-2 * MAX_ID_BYTES :].rstrip(b"} \r\n").rpartition(b"}")[2]
    found = _ID.search(before) or _ID.search(after)
    kind = [b'"result": null'] if _ANSWER.search(before) else []
    return b"{" + b", ".join([*kind, found[0]] if found else kind) + b"}"


def cost(data: bytes) -> int:
    """Return about how many bytes a request takes in memory while it waits."""
    return max(MIN_COST, len(data) + 100 * _elements(data))


def is_overlong(value: object) -> bool:
    """Return whether an id or a progress token is longer than what is sent back."""
    return isinstance(value, str | int) and len(str(value).encode(errors="replace")) > MAX_ID_BYTES


def _elements(data: bytes) -> int:
    return data.count(b",") + data.count(b"[") + data.count(b"{")


def _containers(value: object) -> Iterator[dict[str, Any] | list[Any]]:
    """Yield the objects and lists in a value, however deep they are."""
    rest = [value]
    while rest:
        part = rest.pop()
        if isinstance(part, dict | list):
            yield part
            rest.extend(part.values() if isinstance(part, dict) else part)


def fail_fast(schema: Any) -> None:
    """Have a pydantic core schema report only the first wrong item of each list and mapping.

    Pydantic builds all errors before anyone sees the first. Without this, a list of 50,000 empty
    objects causes an error for each field that they lack.
    """
    if isinstance(schema, dict):
        if schema.get("type") in ("list", "set", "frozenset", "tuple", "dict"):
            schema["fail_fast"] = True
        # The other keys hold values of the model's owner, which are no schemas.
        values = ("config", "default", "expected", "metadata", "serialization")
        schema = [part for key, part in schema.items() if key not in values]
    if isinstance(schema, list | tuple):
        for part in schema:
            fail_fast(part)
