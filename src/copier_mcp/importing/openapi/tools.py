"""Declares the tool of an operation: name, texts, hints, arguments, result, and how it is sent."""

import json
from dataclasses import dataclass
from typing import Any

from copier_mcp.importing.declaring import Entry, write_part
from copier_mcp.importing.fields import SharedTypes
from copier_mcp.importing.openapi.answers import Answer, answer
from copier_mcp.importing.openapi.arguments import Auth, sent
from copier_mcp.importing.openapi.bodies import RefusedError
from copier_mcp.importing.openapi.dialect import Dialect, deprecated
from copier_mcp.importing.openapi.losses import Losses
from copier_mcp.importing.openapi.operations import Operation
from copier_mcp.importing.raw import UnusableError
from copier_mcp.importing.schemas import Schema

MAX_SCHEMA = 100_000
"""Characters of a JSON Schema, which the check of answers files allows."""
HINTS = {
    "get": ["read_only"],
    "head": ["read_only"],
    "put": ["idempotent"],
    "delete": ["destructive", "idempotent"],
}

ENDS = ".!?:;…。"
"""What ends a sentence."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What all tools of a document share: how schemas are written, and what is lost."""

    request: Dialect
    answer: Dialect
    auth: Auth
    losses: Losses
    types: SharedTypes
    """Those that are in themselves."""


def tool(index: int, name: str, operation: Operation, reading: Reading) -> Entry:
    """Return the tool of an operation; it is refused if there are no words for it."""
    losses = reading.losses
    entry = Entry("tools", index, {"name": name})
    entry.write("description", _description(operation))
    entry.declared["hints"] = [*HINTS.get(operation.method, ()), "open_world"]
    if operation.place.get("callbacks"):
        losses.add(operation.place["callbacks"], "callbacks")
    path = operation.path.partition("#")[0]  # Nobody sends what comes behind it.
    http: dict[str, Any] = {"method": operation.method, "path": path}
    try:
        out = sent(operation, reading.request, reading.auth, losses)
        got = answer(operation, reading.answer, losses)
        schema = _bundled(out.schema, reading.request, "arguments")
        write_part(entry, "arguments", schema, reading.types)
        for argument in out.in_json & entry.declared.get("arguments", {}).keys():
            _send_null(entry.declared["arguments"][argument])
    except (RefusedError, UnusableError) as error:
        said = str(error)
        # What ends a sentence says already what to do.
        said = f"{said[:-1]}, or" if said.endswith(".") else f"{said};"
        entry.refuse(f"{said} call it in your code.")
        losses.add(getattr(error, "place", operation.place), f"refused: {entry.refused}")
        return entry
    got = _write_result(entry, got, reading)
    if got.content:
        entry.declared["content"] = got.content
    if got.field:
        http["result"] = got.field
    entry.declared["http"] = http | out.http
    return entry


def _description(operation: Operation) -> str:
    place = operation.place
    summary, text = (str(place.get(key) or "").strip() for key in ("summary", "description"))
    told = text or summary
    if summary and not told.startswith(summary):
        # They stay two sentences where they are in one line.
        stop = "" if summary[-1] in ENDS else "."
        told = f"{summary}{stop}\n\n{text}"
    return deprecated(told) if place.get("deprecated") is True else told


def _send_null(field: dict[str, Any]) -> None:
    """Have the null of what may be anything or left out be sent: it is not the same."""
    if field.get("type") == "any" and field.get("required") is False and "default" not in field:
        field["nullable"] = True
    alternatives = [one.get("fields", {}) for one in field.get("one_of", {}).values()]
    for fields in (field.get("fields", {}), *alternatives):
        for part in fields.values():
            _send_null(part)


def _bundled(schema: Schema, dialect: Dialect, part: str) -> Schema:
    made: Schema = dialect.definitions.bundled(schema)
    length = len(json.dumps(made))
    if length > MAX_SCHEMA:
        raise UnusableError(f"{part}: the schema has {length} characters of at most {MAX_SCHEMA}")
    return made


def _write_result(entry: Entry, got: Answer, reading: Reading) -> Answer:
    """Declare the result, or that the tool returns the text of the answer."""
    if got.schema is None:
        return got
    try:
        write_part(entry, "result", _bundled(got.schema, reading.answer, "result"), reading.types)
    except UnusableError as error:
        entry.lost.append(f"{str(error).rstrip('.')}; the tool returns the text")
        return Answer(content="text")
    return got
