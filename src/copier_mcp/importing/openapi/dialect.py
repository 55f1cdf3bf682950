"""Writes the schemas of OpenAPI as JSON Schema 2020-12, with what they refer to as definitions.

Requests have no properties that are `readOnly`, and answers none that are `writeOnly`. What says
nothing about values (extensions, `xml`, `externalDocs`, the sizes of numbers) is left out.
"""

import re
from typing import Any, Literal
from urllib.parse import quote

from copier_mcp.importing.openapi.bundling import Definitions
from copier_mcp.importing.openapi.documents import Place
from copier_mcp.importing.openapi.losses import Losses
from copier_mcp.importing.schemas import LISTED, NAMED, SINGLE, Schema

type Purpose = Literal["request", "answer"]

HIDDEN = {"request": "readOnly", "answer": "writeOnly"}
SILENT = {
    "$anchor", "$comment", "$defs", "$id", "$schema", "contentSchema", "deprecated", "definitions",
    "discriminator", "example", "exclusiveMaximum", "exclusiveMinimum", "externalDocs", "nullable",
    "readOnly", "writeOnly", "xml",
}  # fmt: skip
"""Keywords that are left out, or written in another way."""
SIZES = {"int32", "int64", "float", "double", "password"}
"""Formats that refuse nothing in JSON, and that no client acts on."""
LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
OLD = ("2.0", "3.0")
"""The versions with a dialect of their own: the later ones have JSON Schema 2020-12."""


class Dialect:
    """Translates the schemas of a document, for requests or for answers."""

    def __init__(self, version: str, purpose: Purpose, losses: Losses) -> None:
        self._old = version in OLD
        self._hidden = HIDDEN[purpose]
        self._losses = losses
        self.definitions = Definitions()
        self._names: dict[tuple[str, str], str] = {}

    def schema(self, place: Place) -> Any:
        """Return a schema; what it refers to is among the definitions."""
        value = place.value
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("$ref"), str):
            found = {"$ref": f"#/$defs/{quote(self._definition(place.target()))}"}
            beside = {key: part for key, part in value.items() if key != "$ref"}
            # What stands beside a reference counts since 3.1.
            return found if self._old else found | self._keywords(place.with_value(beside))
        return self._keywords(place)

    def _definition(self, place: Place) -> str:
        """Return the name of a definition, which is translated if it was not yet."""
        key = (place.url, place.pointer)
        if key not in self._names:
            last = re.sub("~.?", "_", place.pointer.rpartition("/")[2])
            wanted = last or place.url.rpartition("/")[2].rpartition(".")[0] or "schema"
            name, number = wanted, 1
            while name in self.definitions:
                number += 1
                name = f"{wanted}_{number}"
            self._names[key] = name
            # It may refer to itself.
            self.definitions[name] = {}
            self.definitions[name] = self.schema(place)
        return self._names[key]

    def _keywords(self, place: Place) -> Schema:
        made: Schema = {}
        value = place.value
        for key, part in place.items():
            if key in SILENT or (key == "format" and part.value in SIZES):
                continue
            if key == "properties":
                made[key] = self._properties(part)
            elif key in NAMED:
                made[key] = {name: self.schema(one) for name, one in part.items()}
            elif key in LISTED:
                made[key] = [self.schema(one) for one in place.parts(key)]
            elif key in SINGLE:
                made[key] = self.schema(part)
            else:
                made[key] = part.value
        self._limit(made, value)
        self._tell_apart(made, place)
        self._explain(made, place)
        if isinstance(made.get("required"), list):
            hidden = self._hidden_names(place)
            made["required"] = [name for name in made["required"] if name not in hidden]
        for key in (*LIMITS, "default") if value.get("type") == "integer" else ():
            if key in made:
                made[key] = _whole(made[key])
        return _nullable(made) if self._old and value.get("nullable") is True else made

    def _properties(self, place: Place) -> dict[str, Any]:
        # Extensions are keywords: what stands here are names.
        parts = [(name, place[name]) for name in place.value]
        return {name: self.schema(part) for name, part in parts if not self._is_hidden(part)}

    def _is_hidden(self, place: Place) -> bool:
        if not self._old and place.get(self._hidden) is True:
            return True
        found = place.followed()
        parts = [found, *(part.followed() for part in found.parts("allOf"))]
        return any(part.get(self._hidden) is True for part in parts)

    def _hidden_names(self, place: Place, levels: int = 5) -> set[str]:
        """Return the properties that are left out, those of what a schema is made of, too."""
        properties = place.get("properties")
        names = properties if isinstance(properties, dict) else ()
        hidden = {name for name in names if self._is_hidden(place["properties"][name])}
        for part in place.parts("allOf") if levels else ():
            hidden |= self._hidden_names(part.followed(), levels - 1)
        return hidden

    def _tell_apart(self, made: Schema, place: Place) -> None:
        """Let each alternative have the value that the mapping of a discriminator has for it."""
        match place.get("discriminator"):
            case {"propertyName": str() as tag, "mapping": dict() as mapping}:
                key = "oneOf" if "oneOf" in made else "anyOf"
            case _:
                return
        constants = []
        for option in place.parts(key):
            reference = option.get("$ref", "")
            names = (reference, str(reference).rpartition("/")[2])
            values = [str(value) for value, target in mapping.items() if target in names]
            constants.append({"type": "string", "enum": values})
        if constants and all(len(constant["enum"]) == 1 for constant in constants):
            made[key] = [
                {"allOf": [option, {"properties": {tag: constant}, "required": [tag]}]}
                for option, constant in zip(made[key], constants, strict=True)
            ]

    def _limit(self, made: Schema, value: Schema) -> None:
        for limit in ("Minimum", "Maximum"):
            exclusive, plain = value.get(f"exclusive{limit}"), limit.lower()
            if exclusive is True:
                if plain in made:
                    made[f"exclusive{limit}"] = made.pop(plain)
            elif exclusive is not None and exclusive is not False:
                made[f"exclusive{limit}"] = exclusive

    def _explain(self, made: Schema, place: Place) -> None:
        value = place.value
        examples = value.get("examples", [])
        if "example" in value:
            examples = [value["example"]]
        made.pop("examples", None)
        if isinstance(examples, list) and examples:
            # One is enough to show what it is.
            made["examples"] = examples[:1]
        _raise_example(made)
        if value.get("deprecated") is True:
            made["description"] = deprecated(made.get("description"))
        if "discriminator" in value and not value.keys() & {"oneOf", "anyOf"}:
            self._losses.add(place["discriminator"], "a discriminator without its alternatives")


def _raise_example(made: Schema) -> None:
    """Let a list be the example, and not what is in it: fields have examples of their own."""
    items = made.get("items")
    if isinstance(items, dict) and "examples" in items and "properties" not in items:
        made.setdefault("examples", [items["examples"]])
        made["items"] = {key: items[key] for key in items if key != "examples"}


def _whole(number: Any) -> Any:
    """Return 1 for 1.0, which is the same in JSON, but no limit of whole numbers in Python."""
    small = isinstance(number, float) and abs(number) < 2**53
    return int(number) if small and number.is_integer() else number


def deprecated(description: object) -> str:
    return f"Deprecated. {description}" if description else "Deprecated."


def _nullable(made: Schema) -> Schema:
    """Let a schema of OpenAPI 3.0 take null.

    By the letter `nullable` counts beside a `type` alone; but who writes it beside `allOf` or
    another keyword means it.
    """
    if isinstance(made.get("type"), str):
        return made | {"type": [made["type"], "null"]}
    combined = made.keys() & {"allOf", "anyOf", "oneOf"}
    if not combined:
        return made
    notes = {key: made.pop(key) for key in ("title", "description", "default") if key in made}
    return {"anyOf": [made, {"type": "null"}]} | notes
