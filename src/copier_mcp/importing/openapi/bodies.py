"""Makes the arguments of a tool that are the body of a request: its properties, or all of it."""

import re
from dataclasses import dataclass, field
from typing import Any

from copier_mcp.importing.openapi import media
from copier_mcp.importing.openapi.dialect import Dialect
from copier_mcp.importing.openapi.documents import Place
from copier_mcp.importing.openapi.losses import Losses
from copier_mcp.importing.openapi.operations import Operation
from copier_mcp.importing.schemas import NOTES, Schema

BODILESS = ("get", "head")
WITH_BODY = ("post", "put", "patch")
"""The methods whose arguments are properties of a body, if nothing else is said."""
PLAIN_OBJECT = {"type", "properties", "required", "additionalProperties"}
BODY = "body"
"""The argument that is a whole body."""
CONTENT_TYPE = re.compile(
    "(?!multipart/|application/x-www-form-urlencoded)[a-z]+/[A-Za-z0-9][A-Za-z0-9.+_-]{0,99}"
    r"(; ?(charset=(utf-8|UTF-8)"
    r'|(?!charset)[a-z.-]+=([A-Za-z0-9._-]{1,50}|"[!#-\[\]-~ ]{0,100}"))){0,3}'
)
"""A type that a declaration can say."""


class RefusedError(Exception):
    """No tool can send or read that; the message says what."""

    def __init__(self, place: Place, what: str) -> None:
        super().__init__(what)
        self.place = place


@dataclass(slots=True)
class Argument:
    """Something that is sent."""

    place: str
    """Where it goes: path, query, header, cookie, property or body."""
    name: str
    """What the API calls it."""
    schema: Any
    required: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    """`style` and `explode`, if they are not what they are without a word."""


def body(
    operation: Operation, dialect: Dialect, losses: Losses
) -> tuple[dict[str, str], list[Argument]]:
    """Return what `http:` says of a body, and its arguments: none without a body.

    Raises:
        RefusedError: The operation needs a body that no tool can send.
    """
    if "requestBody" not in operation.place:
        return {}, []
    place = operation.place["requestBody"].followed()
    required = place.get("required") is True
    content = place.get("content") or {}
    type_ = media.first(content, "json", "form", "text")
    problem = ""
    if operation.method in BODILESS:
        problem = f"the body of {operation.method.upper()}"
    elif type_ is None:
        problem = f"a body in {', '.join(sorted(content))}"
    # To these methods no body is an empty one, which may erase what is there.
    needed = required or (operation.method in WITH_BODY and content)
    if type_ is None and needed:
        raise RefusedError(place, problem)
    if problem or type_ is None:
        losses.add(place, problem)
        return {}, []
    _tell(place, type_, losses)
    return _kind(type_), _arguments(place, type_, dialect, required=required)


def _kind(type_: str) -> dict[str, str]:
    kind = media.kind(type_)
    found = {} if kind == "json" else {"body": str(kind)}
    if kind != "form" and not media.is_usual(type_) and CONTENT_TYPE.fullmatch(type_):
        found["content_type"] = type_
    return found


def _tell(place: Place, type_: str, losses: Losses) -> None:
    content = place["content"]
    for other in content.value:
        if other != type_:
            losses.add(content[other], "another media type of the body")
    if media.kind(type_) != "form" and not (media.is_usual(type_) or CONTENT_TYPE.fullmatch(type_)):
        usual = "application/json" if media.kind(type_) == "json" else "text/plain"
        losses.add(content[type_], f"{type_}, which is sent as {usual}")
    schema = content[type_]["schema"].followed().value if "schema" in content[type_] else {}
    has_parts = (
        isinstance(schema, dict) and schema.keys() - NOTES and schema.get("type") != "string"
    )
    if media.kind(type_) == "text" and has_parts:
        losses.add(content[type_]["schema"], f"the parts of a body in {type_}, which is one text")
    if content[type_].get("encoding"):
        losses.add(content[type_]["encoding"], "the encoding of a body")


def _arguments(place: Place, type_: str, dialect: Dialect, *, required: bool) -> list[Argument]:
    kind, found = media.kind(type_), place["content"][type_]
    description = place.get("description")
    if kind == "text" and not description and not media.is_usual(type_):
        description = f"The body, as {type_}."
    told = {"description": description} if description else {}
    if kind == "text":
        return [Argument("body", BODY, {"type": "string"} | told, required)]
    schema = dialect.schema(found["schema"]) if "schema" in found else {}
    # Only JSON has another way to send what may be left out as a whole.
    required = required or kind == "form"
    properties = _properties(dialect.definitions.resolved(schema), required=required)
    if properties is not None:
        return properties
    if kind == "form":
        raise RefusedError(found, "a form that is no object with properties")
    if isinstance(schema, dict) and "description" not in schema:
        schema = schema | told
    return [Argument("body", BODY, schema, required)]


def _properties(schema: Any, *, required: bool) -> list[Argument] | None:
    """Return arguments for the properties of a body, where they are all that it can have."""
    if not isinstance(schema, dict) or schema.keys() - NOTES - PLAIN_OBJECT:
        return None
    properties: Schema = schema.get("properties", {})
    needed = schema.get("required", [])
    if (
        not properties
        or schema.get("type", "object") != "object"
        or schema.get("additionalProperties", False) is not False
        or set(needed) - properties.keys()
        # A body that may be left out is sent with all of these, or not at all.
        or (needed and not required)
    ):
        return None
    return [
        Argument("property", name, part, required=name in needed)
        for name, part in properties.items()
    ]
