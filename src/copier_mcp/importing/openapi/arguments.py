"""Makes the arguments of a tool of an operation's parameters and body, and says where each goes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from copier_mcp.importing.openapi.bodies import WITH_BODY, Argument, RefusedError, body
from copier_mcp.importing.openapi.dialect import Dialect, deprecated
from copier_mcp.importing.openapi.documents import Place
from copier_mcp.importing.openapi.losses import Losses
from copier_mcp.importing.openapi.operations import Operation
from copier_mcp.importing.schemas import NOTES, Schema

IN_BODY = ("property", "body")
ORDER = ("path", "query", "header", "cookie", "property", "body")
"""Places of arguments: of several with the same name the first keeps it."""
STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
OWN_HEADERS = ("accept", "authorization", "content-type")
"""OpenAPI says that parameters with these names mean nothing."""
USABLE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
"""What the APIs of models allow for the name of an argument."""


type Auth = Mapping[str, Any]
"""`api.auth`: what it sends is no argument."""


@dataclass(slots=True)
class Sent:
    """What a tool sends."""

    schema: Schema
    """The schema of its arguments, without definitions."""
    http: dict[str, Any] = field(default_factory=dict)
    """What `http:` says of the body and of where arguments go."""
    in_json: frozenset[str] = frozenset()
    """The arguments that are the body, or a property of it, as JSON."""


def sent(operation: Operation, dialect: Dialect, auth: Auth, losses: Losses) -> Sent:
    """Return what the tool of an operation sends.

    Raises:
        RefusedError: The operation needs something that no tool can send.
    """
    if "?" in operation.path:
        raise RefusedError(operation.place, "a query in the path")
    found = [
        made
        for place in operation.parameters
        if (made := _parameter(place, dialect, auth, losses)) is not None
    ]
    http: dict[str, Any] = {}
    kind, arguments = body(operation, dialect, losses)
    http |= kind
    found += arguments
    names = _names(found)
    schema: Schema = {"type": "object", "properties": {}, "additionalProperties": False}
    places: dict[str, Any] = {}
    for argument, name in sorted(
        zip(found, names, strict=True), key=lambda one: not one[0].required
    ):
        schema["properties"][name] = argument.schema
        if where := _where(argument, name, operation):
            places[name] = where
    required = [name for argument, name in zip(found, names, strict=True) if argument.required]
    if required:
        schema["required"] = required
    if places:
        http["arguments"] = places
    is_json = http.get("body", "json") == "json"
    in_body = {name for one, name in zip(found, names, strict=True) if one.place in IN_BODY}
    return Sent(schema, http, frozenset(in_body if is_json else ()))


# Parameters -------------------------------------------------------------------------------------


def _place(where: str, name: str) -> tuple[str, str]:
    return where, name.lower() if where == "header" else name


def _parameter(place: Place, dialect: Dialect, auth: Auth, losses: Losses) -> Argument | None:
    """Return the argument for a parameter, or nothing if it is left out."""
    name, where = str(place.get("name")), str(place.get("in"))
    required = place.get("required") is True
    if auth.get("type") == "api_key" and _place(where, name) == _place(auth["in"], auth["name"]):
        losses.add(place, "a parameter that is the key in api.auth")
        return None
    if where == "header" and name.lower() in OWN_HEADERS:
        losses.add(place, f"the header {name}, which is not for parameters")
        return None
    style = place.get("style")
    problem = (
        f"a parameter in {where}"
        if where not in STYLES
        else f"the style {style}"
        if style is not None and style not in STYLES[where]
        else f"a parameter in {', '.join(sorted(place.get('content')))}"
        if "content" in place
        else ""
    )
    if problem and required:
        raise RefusedError(place, problem)
    if problem:
        losses.add(place, problem)
        return None
    options = {}
    if style is not None and style != STYLES[where][0]:
        options["style"] = style
    explode = place.get("explode")
    if explode is not None and explode != ((style or STYLES[where][0]) in ("form", "cookie")):
        options["explode"] = explode
    for key in ("allowReserved", "allowEmptyValue"):
        if place.get(key) is True:
            losses.add(place, key)
    schema = dialect.schema(place["schema"]) if "schema" in place else {}
    return Argument(where, name, _described(place, schema, required=required), required, options)


def _described(place: Place, schema: Any, *, required: bool) -> Any:
    """Return the schema of a parameter with what the parameter says of itself."""
    made = without_null(schema) if isinstance(schema, dict) else {}
    if description := place.get("description"):
        made["description"] = description
    if place.get("deprecated") is True:
        made["description"] = deprecated(made.get("description"))
    given = place.get("examples")
    examples = [place.get("example")] if "example" in place else []
    if isinstance(given, dict):
        shown = [place["examples"][key].followed() for key in given]
        examples += [one.get("value") for one in shown if "value" in one]
    if examples:
        made["examples"] = examples[:1]
    if required:
        # OpenAPI says that it has no effect.
        made.pop("default", None)
    return made


def without_null(schema: Schema) -> Schema:
    """Return what can be sent: a parameter that is null is one that is left out."""
    made = dict(schema)
    if made.get("default", "") is None:
        del made["default"]
    kinds = made.get("type")
    if isinstance(kinds, list) and "null" in kinds and len(kinds) > 1:
        rest = [kind for kind in kinds if kind != "null"]
        made["type"] = rest[0] if len(rest) == 1 else rest
    if isinstance(made.get("enum"), list) and made["enum"] != [None]:
        made["enum"] = [choice for choice in made["enum"] if choice is not None]
    for key in ("anyOf", "oneOf"):
        options = made.get(key)
        if isinstance(options, list) and any(map(_is_null, options)) and len(options) > 1:
            others = [option for option in options if not _is_null(option)]
            if len(others) > 1:
                made[key] = others
            elif isinstance(others[0], dict) and made.keys() - {key} <= NOTES:
                del made[key]
                made = others[0] | made
    return made


def _is_null(schema: Any) -> bool:
    """Whether a schema takes null and nothing else."""
    if not isinstance(schema, dict):
        return False
    bare = {key: value for key, value in schema.items() if key not in NOTES}
    return bare in ({"type": "null"}, {"const": None}, {"enum": [None]})


# Names and places -------------------------------------------------------------------------------


def _names(found: list[Argument]) -> list[str]:
    """Return a name for each argument: that of the API, where it can be one."""
    taken: dict[str, int] = {}
    order = sorted(range(len(found)), key=lambda one: (ORDER.index(found[one].place), one))
    for index in order:
        argument = found[index]
        name = _usable(argument.name)
        if name in taken:
            where = "body" if argument.place == "property" else argument.place
            name = _usable(f"{where}_{name}")
        wanted, number = name, 1
        while name in taken:
            number += 1
            name = f"{wanted[:60]}_{number}"
        taken[name] = index
    return sorted(taken, key=lambda name: taken[name])


def _usable(name: str) -> str:
    if USABLE.fullmatch(name):
        return name
    return re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("_")[:64] or "value"


def _where(argument: Argument, name: str, operation: Operation) -> dict[str, Any]:
    """Return where an argument goes, if that is not where it goes without a word."""
    implied = "property" if operation.method in WITH_BODY else "query"
    if f"{{{name}}}" in operation.path:
        implied = "path"
    made: dict[str, Any] = {} if argument.place == implied else {"in": argument.place}
    if argument.place != "body" and name != argument.name:
        made["name"] = argument.name
    made |= argument.options
    return {"in": argument.place} | made if made else {}
