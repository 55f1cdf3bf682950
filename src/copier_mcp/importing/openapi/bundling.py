"""Definitions to which schemas refer: those that one needs go with it, and `allOf` is merged."""

from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import unquote

from copier_mcp.importing.raw import UnusableError
from copier_mcp.importing.schemas import NOTES, Schema, changed_inside, same

ALONE = {
    "$ref", "$dynamicRef", "additionalProperties", "allOf", "anyOf", "contains", "dependentSchemas",
    "else", "if", "items", "maxContains", "minContains", "not", "oneOf", "patternProperties",
    "prefixItems", "then", "unevaluatedItems", "unevaluatedProperties",
}  # fmt: skip
"""Keywords that say something else beside others of their kind."""
IN_PLACE = ("allOf", "anyOf", "oneOf")
"""Keywords whose schemas are about the same value."""
MAX_PARTS = 50_000
"""More are too long for an answers file; a few lines of `allOf` can make billions."""
MAX_MERGED = 40 * MAX_PARTS
"""The parts of all that is merged: what is merged can be merged into the next."""


class Definitions(dict[str, Any]):
    """The definitions by their names, as they were translated."""

    def __init__(self) -> None:
        super().__init__()
        self._merged: dict[str, Any] = {}
        self._open: set[str] = set()
        self._done: dict[int, Any] = {}
        self._objects: dict[tuple[str, int], bool] = {}
        self._left = MAX_MERGED

    def bundled(self, schema: Any) -> Any:
        """Return a schema with all the definitions that it needs.

        Raises:
            UnusableError: It refers to itself without end, or is too large.
        """
        made = self.merged(schema)
        needed: dict[str, Any] = {}
        open_schemas = [made]
        parts = 0
        while open_schemas:
            for part in _parts(open_schemas.pop()):
                parts += 1
                if parts > MAX_PARTS:
                    raise UnusableError(f"the schema has more than {MAX_PARTS:,} parts")
                name = _reference(part)
                if name is not None and name not in needed and name in self:
                    needed[name] = self._definition(name)
                    open_schemas.append(needed[name])
        _check_ends(made, needed)
        if needed:
            made = made | {"$defs": {name: needed[name] for name in sorted(needed)}}
        return made

    def resolved(self, schema: Any) -> Any:
        """Return what a schema refers to, if it is nothing but a reference, merged."""
        made, seen = self.merged(schema), set[str]()
        while isinstance(made, dict) and "$ref" in made and made.keys() <= NOTES | {"$ref"}:
            name = _name(made["$ref"])
            if name in seen:
                raise UnusableError(f"{name} refers to itself without end; correct it.")
            seen.add(name)
            found = self._definition(name)
            made = found | {key: made[key] for key in made if key != "$ref"} if found else found
        return made

    def is_object(self, schema: Any, levels: int = 9) -> bool:
        """Return whether a schema takes objects alone; who describes properties means one."""
        if not isinstance(schema, dict) or not levels:
            return False
        if isinstance(schema.get("$ref"), str):
            one = (_name(schema["$ref"]), levels - 1)
            if one not in self._objects:
                self._objects[one] = self.is_object(self._definition(one[0]), one[1])
            return self._objects[one]
        if "type" in schema:
            return bool(schema["type"] == "object")
        options = [schema[key] for key in ("anyOf", "oneOf") if schema.get(key)]
        return (
            "properties" in schema
            or any(self.is_object(one, levels - 1) for one in schema.get("allOf", ()))
            or any(all(self.is_object(one, levels - 1) for one in these) for these in options)
        )

    def _definition(self, name: str) -> Any:
        if name not in self._merged:
            self._open.add(name)
            self._merged[name] = self.merged(self[name])
            self._open.remove(name)
        return self._merged[name]

    def merged(self, schema: Any) -> Any:
        """Return a schema in which `allOf` is written as one schema, where that says the same."""
        if not isinstance(schema, dict) or id(schema) in self._done:
            return schema
        made = self._merged_here(changed_inside(schema, self.merged))
        # It is kept, so that no other schema gets its id.
        self._done[id(made)] = made
        return made

    def _merged_here(self, made: Schema) -> Schema:
        members = made.get("allOf")
        if not isinstance(members, list) or not members:
            return made
        beside = {key: made[key] for key in made if key != "allOf"}
        if len(members) == 1 and isinstance(members[0], dict) and beside.keys() <= NOTES:
            return members[0] | beside
        found = [*(self._member(member) for member in members), beside]
        whole = None if None in found or self._is_large(found) else _joined(found)
        return made if whole is None else whole

    def _is_large(self, schemas: list[Any]) -> bool:
        limit = min(MAX_PARTS, self._left)
        parts = sum(1 for _ in islice(_parts(schemas), limit + 1))
        self._left -= min(parts, limit)
        return parts > limit

    def _member(self, member: Any) -> Schema | None:
        """Return a part of `allOf` as it stands where it refers to; nothing if that is open."""
        seen = set[str]()
        while isinstance(member, dict) and isinstance(member.get("$ref"), str):
            name = _name(member["$ref"])
            if name in self._open | seen or not member.keys() <= NOTES | {"$ref"}:
                return None
            seen.add(name)
            member = self._definition(name)
        return member if isinstance(member, dict) else None


def _joined(schemas: list[Any]) -> Schema | None:
    """Return one schema for several that all count, or nothing if none says the same."""
    made: Schema = {}
    for schema in schemas:
        for key, value in schema.items():
            if key == "additionalProperties" and value in (True, {}):
                continue  # It says nothing.
            # Whoever says it last explains the whole.
            both = value if key in NOTES or key not in made else _both(key, made[key], value)
            if both is None:
                return None
            made[key] = both
    several = sum(1 for schema in schemas if schema.keys() - NOTES) > 1
    alone = made.keys() & ALONE
    if alone == {"additionalProperties"} and _are_closed_alike(schemas, made):
        return made
    return None if several and alone else made


def _are_closed_alike(schemas: list[Any], whole: Schema) -> bool:
    """Return whether those that limit additional properties know all properties."""
    closed = [one for one in schemas if one.get("additionalProperties", True) not in (True, {})]
    known = whole.get("properties", {}).keys()
    return all(known == one.get("properties", {}).keys() for one in closed)


def _both(key: str, one: Any, other: Any) -> Any:
    """Return the value of a keyword that says what two say, or nothing."""
    if key == "properties":
        both = {name: _narrowed(one[name], other[name]) for name in one.keys() & other.keys()}
        return None if None in both.values() else one | other | both
    if key == "required":
        return list(dict.fromkeys([*one, *other]))
    return one if same(one, other) else None


def _narrowed(one: Any, other: Any) -> Any:
    """Return what says what two schemas of a property say, or nothing."""
    match one, other:
        case dict(), {"type": "string", "enum": [str() as text], **rest} if not rest:
            said = {key: one[key] for key in one if key not in NOTES}
            allowed = {"type": "string", "enum": said.get("enum"), "const": text}
            if (
                said
                and text in said.get("enum", [text])
                and all(part == allowed.get(key) for key, part in said.items())
            ):
                return {key: one[key] for key in one if key in NOTES} | other
    return other if same(one, other) else None


def _parts(value: Any) -> Iterator[Any]:
    """Yield a value, and all that is in it."""
    yield value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inside:
        yield from _parts(part)


def _reference(part: Any) -> str | None:
    """Return the name of the definition to which a schema refers."""
    found = part.get("$ref") if isinstance(part, dict) else None
    return _name(found) if isinstance(found, str) and found.startswith("#/$defs/") else None


def _name(reference: str) -> str:
    return unquote(reference.removeprefix("#/$defs/"))


def _check_ends(schema: Any, definitions: dict[str, Any]) -> None:
    """Refuse what no validator comes to an end with: a value is valid if it is valid.

    Raises:
        UnusableError: There is such a schema.
    """
    done: set[str] = set()

    def follow(node: Any, inside: tuple[str, ...]) -> None:
        for name in _in_place(node):
            if name in inside:
                raise UnusableError(f"{name} refers to itself without end; correct it.")
            if name not in done:
                follow(definitions[name], (*inside, name))
                done.add(name)

    follow(schema, ())
    for name in definitions:
        follow({"$ref": f"#/$defs/{name}"}, ())


def _in_place(node: Any) -> Iterator[str]:
    """Yield the definitions that say something about the same value as a schema."""
    if not isinstance(node, dict):
        return
    if isinstance(node.get("$ref"), str):
        yield _name(node["$ref"])
    for key in IN_PLACE:
        for part in node.get(key, ()) if isinstance(node.get(key), list) else ():
            yield from _in_place(part)
    for key in ("not", "if", "then", "else"):
        yield from _in_place(node.get(key))
