"""Makes fields of a JSON Schema, where they say exactly the same to a client.

That is proved, not hoped for: the schema that the fields render to is compared with the original.
"""

from dataclasses import dataclass, field
from typing import Any

from copier_mcp.importing.raw import matches
from copier_mcp.importing.rendered import LIMITS, object_schema
from copier_mcp.importing.schemas import Schema, TooLargeError, normal, same, tag_of

type Fields = dict[str, dict[str, Any]]

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


def make_fields(schema: Schema, part: str) -> Made:
    """Return the fields for the `arguments` or the `result` of a tool, of a schema that is one.

    Raises:
        InexpressibleError: No fields say the same.
    """
    optional = part == "arguments"
    try:
        root = normal(schema, examples=True)
        # What a tool does stands in the tool's description.
        described = root.pop("description", None)
        maker = _Maker(optional=optional)
        # Those that references lead to, which are met below.
        node = {key: root[key] for key in root if key not in ("$defs", "definitions")}
        if node.pop("type", None) != "object":
            raise InexpressibleError(f"{part}: is no object")
        fields, additional = maker.object_fields(node, part)
        without = {key: value for key, value in schema.items() if key != "description"}
        rendered = object_schema(fields, optional=optional, additional=additional)
        if not same(normal(rendered), normal(without)):
            raise InexpressibleError(f"{part}: fields would not say the same")
    except TooLargeError as error:
        raise InexpressibleError(f"{part}: is too large") from error
    lost = [f"{part}: description: {described!r}"] if described else []
    return Made(fields, additional, lost + maker.lost)


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
    def __init__(self, *, optional: bool) -> None:
        self._optional = optional
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
        type_, limits, leaf = self._typed(node, place)
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
            if self._optional and made.get("required", True):
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

    def _typed(self, node: Schema, place: str) -> tuple[str, list[Schema], Schema]:
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
        type_, limits, leaf = self._typed(dict(others[0]), place)
        if type_.endswith(" | None"):
            raise InexpressibleError(f"{place}: may be null in two ways")
        return f"{type_} | None", limits, leaf

    def _one_of_several(self, option: Schema, place: str) -> str:
        """Return a type of a union: one whose values have neither parts nor limits."""
        type_, limits, leaf = self._typed(option, place)
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
        inner, inner_limits, leaf = self._typed(dict(items), f"{place}[]")
        return type_.format(inner), [limits, *inner_limits], leaf

    def _leaf(self, kind: object, node: Schema, place: str) -> tuple[str, list[Schema], Schema]:
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
