"""Makes fields of a JSON Schema, where they say exactly the same to a client.

That is proved, not hoped for: the schema that the fields render to is compared with the original.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from copier_mcp.importing.failures import first_line
from copier_mcp.importing.raw import matches
from copier_mcp.importing.rendered import LIMITS, object_schema, type_schema
from copier_mcp.importing.schemas import (
    NOTES,
    Schema,
    TooLargeError,
    changed_inside,
    definition,
    normal,
    recursive,
    same,
    tag_of,
)

type Fields = dict[str, dict[str, Any]]
type SharedTypes = dict[str, dict[str, Any]]
"""The answer `types`, of all tools together."""

MAX_NAMESAKES = 100

LEAVES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
FORMATS = {
    "date": "date", "date-time": "datetime", "time": "time", "duration": "duration", "uuid": "uuid",
    "uri": "uri", "email": "email",
}  # fmt: skip
UNITED = {*LEAVES.values(), *FORMATS.values(), "bytes"}
"""The types of which a field may have several."""
CHOSEN = {"str", "int", "bool"}
"""The types of choices."""
KEYWORDS = {keyword: limit for limit, keyword in LIMITS.items()}
SAMPLES = (
    "a", "A", "0", "1", "ab", "abc", "ABC", "Abc", "123", "1.0", "1.0.0", "a-b", "a_b", "a.b",
    "a/b", "/a", "#a", "@a", "A1", "A-1", "2026-01-31", "18:30", "18:30:00", "2026-01-31T18:30:00Z",
    "a@example.com", "https://example.com", "#aabbcc", "aaaaaaaa", "00000000", "en", "en-GB",
    "00000000-0000-4000-8000-000000000000", "0123456789abcdef0123456789abcdef01234567", "",
)  # fmt: skip
"""What may match the pattern of an argument, for the tests of the project."""


class InexpressibleError(Exception):
    """The language has no words for it; the message says of what, and what it is."""


@dataclass(slots=True)
class Made:
    """The fields of an object, and what is said of them beyond the fields."""

    fields: Fields
    additional: bool
    lost: list[str] = field(default_factory=list)


def make_fields(schema: Schema, part: str, types: SharedTypes | None = None) -> Made:
    """Return the fields for the `arguments` or the `result` of a tool, of a schema that is one.

    Definitions that are in themselves become types, under names that no other one has.

    Raises:
        InexpressibleError: No fields say the same.
    """
    types = {} if types is None else types
    try:
        for number in range(1, MAX_NAMESAKES):
            names = _names(recursive(schema), number)
            try:
                made = {names[one]: _make_type(schema, one, names) for one in names}
            except InexpressibleError:  # What refers to it is told below.
                names, made = {}, {}
            if all(types.get(name, one) == one for name, one in made.items()):
                break
        else:
            raise InexpressibleError(f"{part}: too many definitions have one name")
        found = _make_fields(schema, part, names)
    except TooLargeError as error:
        raise InexpressibleError(f"{part}: is too large") from error
    types |= made
    return found


def _names(references: list[str], number: int) -> dict[str, str]:
    """Return names for what references lead to, but for the whole schema."""
    names: dict[str, str] = {}
    for reference in references:
        words = re.findall(r"[A-Za-z0-9]+", reference.rpartition("/")[2])
        name = "".join(word[0].upper() + word[1:] for word in words).lstrip("0123456789")[:30]
        name += "Type" if name.endswith(("Arguments", "Result")) else ""
        name += str(number) if number > 1 else ""
        if name and reference != "#":
            names[reference] = name
    return names if len({*names.values()}) == len(names) else {}


def _normal(schema: Schema, whole: Schema, names: dict[str, str], *, examples: bool = False) -> Any:
    """Return the normal form of a part of `whole`, with references to the types that are in it.

    Rendered servers write a definition where it is used first, as clients drop `$defs`.
    """
    definitions = {
        name: normal(definition(whole, one), examples=examples, kept=names)
        for one, name in names.items()
    }
    found = normal(schema, examples=examples, kept=names)
    return changed_inside(found, lambda part: _with_references(part, definitions))


def _with_references(node: Any, definitions: dict[str, Any]) -> Any:
    if not isinstance(node, dict):
        return node
    notes = {key: node[key] for key in ("default", "description", "examples") if key in node}
    for name, one in definitions.items():
        bare, other = ({key: part[key] for key in part if key not in NOTES} for part in (node, one))
        is_said = "description" in node or "description" not in one
        if is_said and bare.keys() == other.keys() and same(bare, other):
            return {"$ref": name} | notes
    return changed_inside(node, lambda part: _with_references(part, definitions))


def _make_type(schema: Schema, reference: str, names: dict[str, str]) -> dict[str, Any]:
    """Return the shared type that says the same as a definition."""
    whole = definition(schema, reference)
    name = names[reference]
    node = _normal(whole, schema, names, examples=True)
    about = {key: node.pop(key) for key in ("description",) if key in node}
    type_, _, leaf = _Maker(names.values(), optional=False, shared=True).typed(dict(node), name)
    if type_ != "object" or not {"fields", "one_of"} & leaf.keys():
        raise InexpressibleError(f"{name}: is no object")
    made = about | leaf
    _compare(_normal(whole, schema, names), normal(type_schema(made)), name)
    return made


def _make_fields(schema: Schema, part: str, names: dict[str, str]) -> Made:
    optional = part == "arguments"
    root = _normal(schema, schema, names, examples=True)
    # What a tool does stands in the tool's description.
    described = root.pop("description", None)
    maker = _Maker(names.values(), optional=optional)
    # Those that references lead to, which are met below.
    node = {key: root[key] for key in root if key not in ("$defs", "definitions")}
    if node.pop("type", None) != "object":
        raise InexpressibleError(f"{part}: is no object")
    if node.keys() & {"anyOf", "oneOf"} and "properties" not in node:
        raise InexpressibleError(f"{part}: is as a whole one of several objects")
    fields, additional = maker.object_fields(node, part)
    without = {key: value for key, value in schema.items() if key != "description"}
    rendered = object_schema(fields, optional=optional, additional=additional)
    _compare(_normal(without, schema, names), normal(rendered), part)
    lost = [f"{part}: description: {described!r}"] if described else []
    return Made(fields, additional, lost + maker.lost)


def _compare(given: Schema, rendered: Schema, place: str) -> None:
    """Compare the normal forms of a schema and of what its fields render to.

    Raises:
        InexpressibleError: They differ; the message says where, and what is there.
    """
    if same(given, rendered):
        return
    parts, others = (schema.get("properties", {}) for schema in (given, rendered))
    for name in parts:
        if name in others:
            _compare(parts[name], others[name], f"{place}.{name}")
    for key in sorted(given.keys() | rendered.keys()):
        if key not in given:
            raise InexpressibleError(f"{place}: has no {key}")
        if key not in rendered or not same(given[key], rendered[key]):
            value = first_line(json.dumps(given[key], ensure_ascii=False))
            raise InexpressibleError(f"{place}: has {key}: {value}")


def used_types(declared: Any, types: SharedTypes) -> SharedTypes:
    """Return the types that fields use, and those that these use."""
    found: SharedTypes = {}
    rest = [declared]
    while rest:
        node = rest.pop()
        if isinstance(node, list):
            rest.extend(node)
        if not isinstance(node, dict):
            continue
        rest.extend(node.values())
        type_ = node.get("type")
        for name in re.findall(r"\w+", type_) if isinstance(type_, str) else ():
            if name in types and name not in found:
                found[name] = types[name]
                rest.append(types[name])
    return found


def rename_type(fields: Fields, old: str, new: str) -> None:
    """Let fields that have a type, or have parts with it, have it under another name."""
    for one in fields.values():
        if "type" in one:
            one["type"] = re.sub(rf"\b{old}\b", new, one["type"])
        rename_type(one.get("fields", {}), old, new)
        rename_type(one.get("one_of", {}), old, new)


def without_examples(fields: Fields) -> Fields:
    """Return the fields with none of the examples that were found in the schema."""
    found: Fields = {}
    for name, one in fields.items():
        found[name] = {key: one[key] for key in one if key != "example" or "pattern" in one}
        if "fields" in one:
            found[name]["fields"] = without_examples(one["fields"])
        if "one_of" in one:
            found[name]["one_of"] = without_examples(one["one_of"])
    return found


class _Maker:
    def __init__(self, names: Iterable[str], *, optional: bool, shared: bool = False) -> None:
        self._names = {*names}
        self._optional = optional
        self._shared = shared
        self.lost: list[str] = []

    def object_fields(self, node: Schema, place: str) -> tuple[Fields, bool]:
        """Return the fields of an object, and whether it may have more."""
        additional = node.pop("additionalProperties", {})
        properties = node.pop("properties", {})
        required = node.pop("required", [])
        if node:
            raise InexpressibleError(f"{place}: has {min(node)}")
        if additional not in ({}, False):
            beside = " beside properties" if properties else ""
            raise InexpressibleError(f"{place}: has additionalProperties{beside}")
        if unknown := set(required) - properties.keys():
            raise InexpressibleError(
                f"{place}: requires {min(unknown)}, which it does not describe"
            )
        return {
            name: self._field(dict(part), f"{place}.{name}", required=name in required)
            if isinstance(part, dict)
            else _refuse(f"{place}.{name}", "false")
            for name, part in properties.items()
        }, additional is not False

    def _field(self, node: Schema, place: str, *, required: bool) -> dict[str, Any]:
        notes: Schema = {
            key: node.pop(key) for key in ("description", "default", "examples") if key in node
        }
        type_, limits, leaf = self.typed(node, place)
        nullable = type_.endswith(" | None")
        # Null and what is left out are the same where null is the default.
        apart = nullable and not required and "default" not in notes
        type_ = type_.removesuffix(" | None") if apart else type_
        has_parts = "fields" in leaf or "one_of" in leaf
        implied = ("enum" in leaf and type_ == "str") or (has_parts and type_ == "object")
        made: dict[str, Any] = {} if implied else {"type": type_}
        if "description" in notes:
            made["description"] = notes["description"]
        if apart:
            made |= {"required": False, "nullable": True}
        else:
            made |= self._optionality(notes, place, required=required, nullable=nullable)
        made |= limits[0]
        if any(limits[1:-1]):
            raise InexpressibleError(f"{place}: limits lists inside of lists")
        if len(limits) > 1 and limits[-1]:
            made["items"] = limits[-1]
        if "fields" in leaf:
            made["fields"] = leaf.pop("fields")
        made |= leaf
        self._exemplify(made, notes.get("examples"), place, nullable=nullable and not apart)
        return made

    def _optionality(
        self, notes: Schema, place: str, *, required: bool, nullable: bool
    ) -> dict[str, Any]:
        """Return the keys that say whether it may be left out."""
        if not self._optional:
            implied = nullable and not required and notes["default"] is None
            if "default" in notes and not implied:
                raise InexpressibleError(f"{place}: has a default")
            return {} if required else {"required": False}
        if required:
            if nullable or "default" in notes:
                what = "may be null" if nullable else "has a default"
                raise InexpressibleError(f"{place}: is required, but {what}")
            return {}
        if "default" not in notes:
            return {"required": False}
        return {} if nullable and notes["default"] is None else {"default": notes["default"]}

    def _exemplify(self, made: dict[str, Any], given: Any, place: str, *, nullable: bool) -> None:
        """Keep the first example where there may be one; where there has to be one, find it."""
        examples = given if isinstance(given, list) else []
        if self._optional and (nullable or "default" in made):
            kept = 0
        elif examples:
            made["example"], kept = examples[0], 1
        else:
            kept = 0
            if (self._optional or self._shared) and made.get("required", True):
                self._find_example(made, place)
        if len(examples) > kept:
            self.lost.append(f"{place}: examples: {len(examples) - kept} of {len(examples)}")

    def _find_example(self, made: dict[str, Any], place: str) -> None:
        """Write an example where the tests of the project have no value without one."""
        if "pattern" in made.get("items", ()):
            raise InexpressibleError(f"{place}: has a pattern and no example")
        if made.get("unique") and made.get("min_length", 0) > 1:
            raise InexpressibleError(f"{place}: has different items and no example")
        if "pattern" in made:
            made["example"] = _matching(made, place)

    def typed(self, node: Schema, place: str) -> tuple[str, list[Schema], Schema]:
        """Return the type, the limits from the outermost to the innermost, and the leaf's keys."""
        if "anyOf" in node:
            return self._nullable(node.pop("anyOf"), node, place)
        if (tag := tag_of(node.get("oneOf"))) is not None:
            return self._one_of(node.pop("oneOf"), tag, node, place)
        kind = node.pop("type", None)
        if kind == "array":
            return self._collection(node.pop("items", {}), "list[{}]", "Items", node, place)
        if kind == "object":
            return self._object(node, place)
        if kind is None and not node:
            return "any", [{}], {}
        return self._leaf(kind, node, place)

    def _nullable(
        self, options: list[Any], node: Schema, place: str
    ) -> tuple[str, list[Schema], Schema]:
        null = {"type": "null"}
        others = [option for option in options if option != null]
        if node or not others or not all(isinstance(option, dict) for option in others):
            raise InexpressibleError(f"{place}: has anyOf")
        if len(others) > 1:
            type_ = " | ".join(self._one_of_several(dict(option), place) for option in others)
            return f"{type_} | None" if null in options else type_, [{}], {}
        type_, limits, leaf = self.typed(dict(others[0]), place)
        if type_.endswith(" | None"):
            raise InexpressibleError(f"{place}: may be null in two ways")
        return f"{type_} | None", limits, leaf

    def _one_of_several(self, option: Schema, place: str) -> str:
        """Return a type of a union: one whose values have neither parts nor limits."""
        type_, limits, leaf = self.typed(option, place)
        if type_ not in UNITED or any(limits) or leaf:
            raise InexpressibleError(f"{place}: has anyOf")
        return type_

    def _object(self, node: Schema, place: str) -> tuple[str, list[Schema], Schema]:
        if "properties" in node:
            fields, additional = self.object_fields(node, place)
            more = {"additional": True} if additional else {}
            return "object", [{}], {"fields": fields} | more
        values = node.pop("additionalProperties", {})
        if values is False:
            raise InexpressibleError(f"{place}: is an object without any properties")
        if not values and not node:
            return "object", [{}], {}
        return self._collection(values, "dict[str, {}]", "Properties", node, place)

    def _one_of(
        self, options: list[Schema], tag: str, node: Schema, place: str
    ) -> tuple[str, list[Schema], Schema]:
        if node:
            _refuse(place, f"{min(node)} beside oneOf")
        objects: dict[str, Any] = {}
        for option in options:
            properties = dict(option["properties"])
            constant = properties.pop(tag)
            required = [name for name in option["required"] if name != tag]
            rest = option | {"properties": properties, "required": required}
            del rest["type"]
            (name,) = constant["enum"]
            made = {key: constant[key] for key in constant if key == "description"}
            fields, additional = self.object_fields(rest, f"{place}.{name}")
            made |= {"fields": fields} if fields else {}
            objects[name] = made | ({"additional": True} if additional else {})
        return "object", [{}], {"tag": tag, "one_of": objects}

    def _collection(
        self, items: Any, type_: str, size: str, node: Schema, place: str
    ) -> tuple[str, list[Schema], Schema]:
        if not isinstance(items, dict):
            _refuse(place, "items" if size == "Items" else "additionalProperties")
        unique = {"unique": True} if size == "Items" and node.pop("uniqueItems", False) else {}
        limits = _limits(node, {f"min{size}": "min_length", f"max{size}": "max_length"}, place)
        limits |= unique
        inner, inner_limits, leaf = self.typed(dict(items), f"{place}[]")
        return type_.format(inner), [limits, *inner_limits], leaf

    def _leaf(self, kind: object, node: Schema, place: str) -> tuple[str, list[Schema], Schema]:
        if kind is None and node.keys() == {"$ref"} and node["$ref"] in self._names:
            return str(node["$ref"]), [{}], {}  # A shared type.
        if "enum" in node and isinstance(kind, list):
            return self._choices([LEAVES.get(str(one), "any") for one in kind], node, place)
        if str(kind) not in LEAVES:
            _refuse(place, f"type {kind}" if kind is not None else min(node))
        type_ = LEAVES[str(kind)]
        if type_ == "str" and "format" in node:
            given = str(node.pop("format"))
            type_ = FORMATS.get(given) or _refuse(place, f"the format {given}")
            if "pattern" in node:
                _refuse(place, "a pattern beside a format")
        elif type_ == "str" and node.get("contentEncoding") == "base64":
            del node["contentEncoding"]
            type_ = "bytes"
        if "enum" in node:
            return self._choices([type_], node, place)
        keywords = {"minLength": "min_length", "maxLength": "max_length"} | KEYWORDS
        return type_, [_limits(node, keywords, place)], {}

    def _choices(
        self, types: list[str], node: Schema, place: str
    ) -> tuple[str, list[Schema], Schema]:
        choices = node.pop("enum")
        if node or not {*types} <= CHOSEN:
            _refuse(place, "enum beside others" if node else f"enum of {' | '.join(types)}")
        return " | ".join(types), [{}], {"enum": choices}


def _limits(node: Schema, keywords: dict[str, str], place: str) -> Schema:
    if unknown := node.keys() - keywords.keys():
        _refuse(place, min(unknown))
    return {limit: node[keyword] for keyword, limit in keywords.items() if keyword in node}


def _matching(limits: Schema, place: str) -> str:
    low, high = limits.get("min_length", 0), limits.get("max_length", 2**53)
    for sample in SAMPLES:
        if low <= len(sample) <= high and matches(limits["pattern"], sample):
            return sample
    raise InexpressibleError(f"{place}: has a pattern, and no example is known that matches it")


def _refuse(place: str, what: str) -> Any:
    raise InexpressibleError(f"{place}: has {what}")
