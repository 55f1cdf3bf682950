"""Says what a tool returns: the lowest answer of an operation that means success, and has JSON."""

from dataclasses import dataclass
from typing import Any

from copier_mcp.importing.openapi import media
from copier_mcp.importing.openapi.bodies import RefusedError
from copier_mcp.importing.openapi.dialect import Dialect
from copier_mcp.importing.openapi.documents import Place
from copier_mcp.importing.openapi.losses import Losses
from copier_mcp.importing.openapi.operations import Operation
from copier_mcp.importing.schemas import Schema

LIST = "items"
VALUE = "value"
"""The fields of results that hold what is no object."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool returns: a result with a schema, or content."""

    schema: Schema | None = None
    field: str = ""
    """The field of the result that holds the whole answer, if that is no object."""
    content: str = ""


def answer(operation: Operation, dialect: Dialect, losses: Losses) -> Answer:
    """Return what the tool of an operation returns.

    Raises:
        RefusedError: No tool can read the answer.
    """
    found = _successes(operation)
    if operation.method == "head" or not found:
        return Answer(content="none")
    best = next(
        (place for wanted in ("json", "text") for place in found if _type(place, wanted)), None
    )
    if best is None:
        best = next((place for place in found if not place.get("content")), None)
        if best is None:
            types = ", ".join(sorted(found[0].get("content")))
            raise RefusedError(found[0], f"an answer in {types}")
    for place in found:
        if place is not best:
            losses.add(place, "another answer that means success")
    for key in ("headers", "links"):
        if best.get(key):
            losses.add(best[key], f"{key} of an answer")
    return _read(best, dialect, losses)


def _successes(operation: Operation) -> list[Place]:
    responses = operation.place.below("responses")
    if responses is None:
        return []
    found = {code.upper(): place for code, place in responses.items()}
    codes = sorted(code for code in found if code.startswith("2"))
    return [found[code].followed() for code in codes or ("DEFAULT",) if code in found]


def _type(place: Place, wanted: media.Kind) -> str | None:
    return media.first(place.get("content") or (), wanted)


def _read(place: Place, dialect: Dialect, losses: Losses) -> Answer:
    content = place.get("content") or {}
    type_ = media.first(content, "json", "text")
    if type_ is None:
        return Answer(content="none")
    for other in content:
        if other != type_:
            losses.add(place["content"][other], "another media type of an answer")
    found = place["content"][type_]
    if media.kind(type_) == "text" or "schema" not in found:
        return Answer(content="text")
    schema = dialect.definitions.resolved(dialect.schema(found["schema"]))
    if isinstance(schema, dict) and dialect.definitions.is_object(schema):
        return Answer({"type": "object"} | schema)
    name = LIST if isinstance(schema, dict) and schema.get("type") == "array" else VALUE
    described: Any = schema
    description = place.get("description")
    if isinstance(schema, dict) and description and not schema.get("description"):
        described = schema | {"description": description}
    wrapped = {
        "type": "object",
        "properties": {name: described},
        "required": [name],
        "additionalProperties": False,
    }
    return Answer(wrapped, field=name)
