"""The normal form of JSON Schemas: two that have the same one say the same to a client.

Titles and the like are left out, local references are replaced by what they refer to, and of the
ways to say one thing there is one. What is not known here stays as it is.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

type Schema = dict[str, Any]

MAX_PARTS = 20_000
"""References to references can stand for billions of parts."""

NAMED = {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}
LISTED = {"anyOf", "oneOf", "allOf", "prefixItems"}
SINGLE = {
    "items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else",
    "unevaluatedItems", "unevaluatedProperties",
}  # fmt: skip
"""The keywords with schemas in them; in all others there are values."""

UNSEEN = {"title", "$schema", "$id", "$comment"}
"""What no client acts on; pydantic and zod write it everywhere."""
NOTES = {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
"""Keywords that refuse nothing."""
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "additionalProperties": ({},),
    "description": ("",),
    "items": ({},),
    "minItems": (0,),
    "minLength": (0,),
    "minProperties": (0,),
    "propertyNames": ({}, {"type": "string"}),
    "properties": ({},),
    "required": ([],),
    "uniqueItems": (False,),
}
"""Values that say nothing."""
TYPES: dict[type, str] = {str: "string", bool: "boolean", int: "integer", type(None): "null"}


class TooLargeError(Exception):
    """There is too much of it, or it is nested too deep."""


def normal(schema: Schema, *, examples: bool = False, kept: Mapping[str, str] | None = None) -> Any:
    """Return the normal form, on request with the examples; `kept` are names of references.

    Raises:
        TooLargeError: It has too many parts.
    """
    try:
        found = _Inliner(schema, kept or {}).inlined()
        return _normal(found, UNSEEN if examples else UNSEEN | {"examples"})
    except RecursionError as error:
        raise TooLargeError from error


def recursive(schema: Schema) -> list[str]:
    """Return the references to definitions that are in themselves.

    Raises:
        TooLargeError: It has too many parts.
    """
    inliner = _Inliner(schema, {})
    try:
        inliner.inlined()
    except RecursionError as error:
        raise TooLargeError from error
    return sorted(inliner.recursive)


def definition(schema: Schema, reference: str) -> Schema:
    """Return what a reference leads to, with all that is needed to understand it."""
    target = _target(schema, reference) or {}
    definitions = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    return target | definitions


def same(one: Any, other: Any) -> bool:
    """Compare two normal forms: 1 is 1.0, but it is not true."""
    return json.dumps(_counted(one), sort_keys=True) == json.dumps(_counted(other), sort_keys=True)


def _counted(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _counted(part) for key, part in value.items()}
        case list():
            return [_counted(part) for part in value]
    return value


def changed_inside(schema: Schema, change: Callable[[Any], Any]) -> Schema:
    """Return a schema with each schema in it changed."""
    made: Schema = {}
    for key, value in schema.items():
        if key in NAMED and isinstance(value, dict):
            made[key] = {name: change(part) for name, part in value.items()}
        elif key in LISTED and isinstance(value, list):
            made[key] = [change(part) for part in value]
        elif key == "items" and isinstance(value, list):  # Older drafts say it so.
            made["prefixItems"] = [change(part) for part in value]
            if "additionalItems" in schema:
                made["items"] = change(schema["additionalItems"])
        elif key != "additionalItems":
            made[key] = change(value) if key in SINGLE else value
    return made


class _Inliner:
    """Puts definitions in the place of references to them."""

    def __init__(self, root: Schema, kept: Mapping[str, str]) -> None:
        self.recursive: set[str] = set()
        self._root = root
        self._kept = kept
        self._open: list[str] = []
        self._parts = 0
        self._left = False

    def inlined(self) -> Schema:
        found: Schema = self._inlined(self._root)
        if not self._left:
            found = {key: found[key] for key in found if key not in ("$defs", "definitions")}
        return found

    def _inlined(self, node: Any) -> Any:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise TooLargeError
        if not isinstance(node, dict):
            return node
        if "anyOf" not in node and self._is_object_or_null(node.get("oneOf")):
            node = {"anyOf" if key == "oneOf" else key: node[key] for key in node}
        if "$ref" not in node:
            definitions = {key: node[key] for key in ("$defs", "definitions") if key in node}
            rest = {key: node[key] for key in node if key not in definitions}
            return changed_inside(rest, self._inlined) | definitions
        name = node["$ref"]
        if isinstance(name, str) and name in self._kept:
            beside = {key: node[key] for key in node if key != "$ref"}
            return _with_notes({"$ref": self._kept[name]}, changed_inside(beside, self._inlined))
        target = _target(self._root, name)
        if name in self._open:
            self.recursive.add(name)
        if name in self._open or target is None:
            self._left = True
            return node
        self._open.append(name)
        found = self._inlined(target)
        self._open.pop()
        beside = {key: node[key] for key in node if key != "$ref"}
        return _with_notes(found, changed_inside(beside, self._inlined))

    def _is_object_or_null(self, options: Any) -> bool:
        """Return whether a value is null or what a reference leads to, but never both."""
        match options:
            case [{"$ref": name}, {"type": "null"}] | [{"type": "null"}, {"$ref": name}]:
                return refuses_null(_target(self._root, name))
        return False


def _target(root: Schema, reference: object) -> Schema | None:
    """Return what a reference into the same schema points to, if that is there."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    node: Any = root
    for part in unquote(reference[1:]).split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        else:
            return None
    return {} if node is True else node if isinstance(node, dict) else None


def _with_notes(schema: Schema, beside: Schema) -> Schema:
    """Join a schema and what stands beside it, which may only explain it."""
    if beside.keys() <= NOTES:
        return schema | beside
    return beside | {"allOf": [schema, *beside.get("allOf", ())]}


def _normal(node: Any, unseen: set[str]) -> Any:
    if node is True:
        return {}
    if not isinstance(node, dict):
        return node
    made = changed_inside(node, lambda part: _normal(part, unseen))
    made = {key: value for key, value in made.items() if key not in unseen}
    if isinstance(made.get("description"), str):
        made["description"] = made["description"].strip()
    if isinstance(made.get("required"), list):
        made["required"] = sorted(made["required"], key=str)
    made = {
        key: value
        for key, value in made.items()
        if not any(value == said and type(value) is type(said) for said in NEUTRAL.get(key, ()))
    }
    for step in (_merged, _chosen, _exclusive, _nullable):
        made = step(made)
    return made


def _merged(node: Schema) -> Schema:
    """Write the only one of several as what it is."""
    for key in ("allOf", "anyOf", "oneOf"):
        options = node.get(key)
        if isinstance(options, list) and len(options) == 1 and isinstance(options[0], dict):
            rest = {name: node[name] for name in node if name != key}
            if rest.keys() <= NOTES:
                return options[0] | rest
    return node


def _chosen(node: Schema) -> Schema:
    """Write one choice as a list of choices, say their types, and leave out a null of no type."""
    if "const" in node and "enum" not in node:
        node = {key: node[key] for key in node if key != "const"} | {"enum": [node["const"]]}
    choices = node.get("enum")
    if isinstance(choices, list) and choices:
        given = node.get("type", [])
        wider = {given} if isinstance(given, str) else {*given}
        if (
            wider
            and "null" not in wider
            and (others := [one for one in choices if one is not None])
        ):
            choices, node = others, node | {"enum": others}
        kinds = sorted({TYPES.get(type(choice), "") for choice in choices})
        wider = wider or {*kinds}
        wider |= {"integer"} if "number" in wider else set()
        if kinds[0] and wider.issuperset(kinds):
            return node | {"type": kinds[0] if len(kinds) == 1 else kinds}
    return node


def tag_of(options: Any) -> str | None:
    """Return the property by whose constant texts objects are told apart, if there is one."""
    if not isinstance(options, list) or len(options) < 2:
        return None
    found = [_constants(option) for option in options]
    for name in found[0]:
        if all(name in one for one in found) and len({one[name] for one in found}) == len(found):
            return name
    return None


def _constants(option: Any) -> dict[str, str]:
    """Return the texts of the properties that an object has to have and that allow one text."""
    match option:
        case {"type": "object", "properties": dict() as properties, "required": list() as required}:
            pass
        case _:
            return {}
    found = {}
    for name, part in properties.items():
        match part:
            case {"type": "string", "enum": [str() as text]} if name in required:
                found[name] = text
    return found


def _exclusive(node: Schema) -> Schema:
    """Write objects of which a value can be only one as `oneOf`, and null beside all of them."""
    null = {"type": "null"}
    for key in ("anyOf", "oneOf"):
        given = node.get(key)
        options = given if isinstance(given, list) else []
        others = [one for one in options if one != null]
        # A discriminator says what the constants say.
        rest = {name: node[name] for name in node if name not in (key, "discriminator")}
        if tag_of(others) is not None and rest.keys() <= NOTES:
            one_of = {"oneOf": others}
            return rest | ({"anyOf": [one_of, null]} if null in options else one_of)
    return node


def _nullable(node: Schema) -> Schema:
    """Write what may be null as one of two: the other, and null."""
    kinds = node.get("type")
    if isinstance(kinds, list):
        choices = node.get("enum")
        others = [kind for kind in kinds if kind != "null"]
        if isinstance(choices, list) and None not in choices:
            kinds = others
        if len(others) != 1 and not (others and isinstance(choices, list)):
            # Each of several types for itself, if nothing is said of all of them.
            listed = [*others, *(["null"] if "null" in kinds else [])]
            each = [{"type": kind} for kind in listed]
            said = {key: node[key] for key in node if key != "type"}
            return said | {"anyOf": each} if others and said.keys() <= NOTES else node
        inner = {key: node[key] for key in node if key not in NOTES}
        inner["type"] = others[0] if len(others) == 1 else others
        if isinstance(choices, list):
            inner["enum"] = [choice for choice in choices if choice is not None]
        notes = {key: node[key] for key in node if key in NOTES}
        return (inner if "null" not in kinds else {"anyOf": [inner, {"type": "null"}]}) | notes
    several = node.get("anyOf")
    if isinstance(several, list) and len(several) > 2:
        # Null comes last; a stable sort keeps the order of the others.
        node = node | {"anyOf": sorted(several, key=lambda option: option == {"type": "null"})}
    for key in ("anyOf", "oneOf"):
        options = node.get(key)
        if isinstance(options, list) and len(options) == 2 and {"type": "null"} in options:
            other = options[options[0] == {"type": "null"}]
            if key == "anyOf" or refuses_null(other):
                rest = {name: node[name] for name in node if name != key}
                return rest | {"anyOf": [other, {"type": "null"}]}
    return node


def refuses_null(node: Any) -> bool:
    type_ = node.get("type") if isinstance(node, dict) else None
    return isinstance(type_, str) and type_ != "null"
