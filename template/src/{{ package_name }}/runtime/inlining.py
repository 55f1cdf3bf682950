"""JSON Schemas without references: several clients drop `$defs`, or show a model only `$ref`."""

from typing import Any

MAX_PARTS = 1_000  # Of a schema: references to references can stand for billions.

_PREFIX = "#/$defs/"
_DATA = {"const", "default", "enum", "examples"}  # What may look like a schema and is none.
_NAMED = {"dependentSchemas", "patternProperties", "properties"}
_NOTES = {"default", "deprecated", "description", "examples", "readOnly", "title", "writeOnly"}


def inline_references(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that accepts the same, with definitions in the place of references to them.

    A definition that refers to itself stays in `$defs`. A schema that would have more than
    `MAX_PARTS` parts is returned as it is, and so is one with references to anything else.
    """
    inliner = _Inliner(schema.get("$defs", {}))
    kept: dict[str, Any] = {}
    try:
        rest = {key: part for key, part in schema.items() if key != "$defs"}
        found: dict[str, Any] = inliner.inline(rest)
        while missing := inliner.recursive - kept.keys():
            kept |= {name: inliner.definition(name) for name in sorted(missing)}
    except _GiveUpError:
        return schema
    return found | {"$defs": kept} if kept else found


class _GiveUpError(Exception):
    """The schema is too large, or a reference leads to no definition."""


class _Inliner:
    def __init__(self, definitions: dict[str, Any]) -> None:
        self.recursive: set[str] = set()
        self._definitions = definitions
        self._open: list[str] = []  # The definitions around what is looked at.
        self._parts = 0

    def inline(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.inline(part) for part in node]
        if not isinstance(node, dict):
            return node
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise _GiveUpError
        # A `discriminator` names definitions, and is no keyword of JSON Schema.
        beside = {
            key: self._inside(key, part)
            for key, part in node.items()
            if key not in ("$ref", "discriminator")
        }
        if "$ref" not in node:
            return beside
        name = str(node["$ref"]).removeprefix(_PREFIX)
        if name not in self._definitions:
            raise _GiveUpError
        if name in self._open:
            self.recursive.add(name)
            return beside | {"$ref": node["$ref"]}
        found = self.definition(name)
        # What else stands beside a reference has to hold as well.
        return found | beside if beside.keys() <= _NOTES else beside | {"allOf": [found]}

    def definition(self, name: str) -> Any:
        self._open.append(name)
        found = self.inline(self._definitions[name])
        self._open.pop()
        return found

    def _inside(self, key: str, value: Any) -> Any:
        if key in _DATA:
            return value
        if key in _NAMED and isinstance(value, dict):
            return {name: self.inline(part) for name, part in value.items()}
        return self.inline(value)
