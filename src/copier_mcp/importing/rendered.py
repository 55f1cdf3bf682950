"""The JSON Schema that a client sees of declared fields, but for the titles.

It is what the template renders: the rendered tests/runtime/declared.py says the same of it.
"""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from copier_mcp.importing.schemas import Schema

type Field = Mapping[str, Any]
type Fields = Mapping[str, Field]

JSON_TYPES: dict[str, Schema] = {
    "any": {},
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "format": "time"},
    "duration": {"type": "string", "format": "duration"},
    "uuid": {"type": "string", "format": "uuid"},
    "uri": {"type": "string", "format": "uri"},
    "email": {"type": "string", "format": "email"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
}
PYTHON_TYPES: dict[str, TypeAdapter[Any]] = {
    "datetime": TypeAdapter(datetime),
    "time": TypeAdapter(time),
    "duration": TypeAdapter(timedelta),
    "uuid": TypeAdapter(UUID),
}
"""Those whose values pydantic writes all in the same form."""
LIMITS = {
    "pattern": "pattern",
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
LENGTHS = {"list": "Items", "dict": "Properties"}


def object_schema(fields: Fields, *, optional: bool, additional: bool = False) -> Schema:
    """Return the schema of an object; only arguments are `optional`."""
    required = [name for name, field in fields.items() if is_required(field, optional=optional)]
    return {
        "type": "object",
        "additionalProperties": additional,
        "properties": {
            name: field_schema(field, optional=optional) for name, field in fields.items()
        },
        "required": required,
    }


def field_schema(field: Field, *, optional: bool, inner: bool = False) -> Schema:
    """Return the schema of a field, or of what is inside of one."""
    kind, items, nullable = _split(field)
    if kind == "object":
        schema = _objects_schema(field, optional=optional)
    elif kind in ("list", "dict"):
        assert items is not None
        key, type_ = ("items", "array") if kind == "list" else ("additionalProperties", "object")
        schema = {"type": type_, key: field_schema(items, optional=optional, inner=True)}
    else:
        schema = _leaf_schema(kind, field, optional=optional)
    if field.get("unique"):
        schema["uniqueItems"] = True
    for bound in ("min", "max"):
        if f"{bound}_length" in field:
            schema[bound + LENGTHS.get(kind, "Length")] = field[f"{bound}_length"]
    if nullable:
        schema = {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]}
    if "description" in field:
        schema["description"] = field["description"]
    omitted = optional or not field.get("required", True)
    has_default = nullable and omitted and not inner and not field.get("nullable")
    if "default" in field or has_default:
        schema["default"] = _default(field, field.get("default"))
    if "example" in field:
        schema["examples"] = [field["example"]]
    return schema


def type_schema(type_: Field) -> Schema:
    """Return the schema of a shared type."""
    about = {key: type_[key] for key in ("description",) if key in type_}
    return _objects_schema(type_, optional=False) | about


def _objects_schema(field: Field, *, optional: bool) -> Schema:
    """Return the schema of an object, or of what is one of several."""
    if "one_of" not in field:
        more = bool(field.get("additional", False))
        return object_schema(field["fields"], optional=optional, additional=more)
    objects = []
    for tag, one in field["one_of"].items():
        about = {key: one[key] for key in one if key == "description"}
        fields = {field["tag"]: {"enum": [tag]} | about} | one.get("fields", {})
        more = bool(one.get("additional", False))
        objects.append(object_schema(fields, optional=optional, additional=more))
    return {"oneOf": objects}


def _leaf_schema(kind: str, field: Field, *, optional: bool) -> Schema:
    if kind[:1].isupper():
        return {"$ref": kind}  # A shared type.
    limits = {keyword: field[name] for name, keyword in LIMITS.items() if name in field}
    if kind == "decimal":
        number = {"type": "number"} | limits
        return {"anyOf": [number, {"type": "string"}]} if optional else {"type": "string"}
    if "enum" in field:
        # Their type is what they are.
        return {"enum": [choice for choice in field["enum"] if choice is not None]}
    if " | " in kind:
        return {"anyOf": [JSON_TYPES[part] for part in kind.split(" | ")]}
    return JSON_TYPES[kind] | limits


def is_required(field: Field, *, optional: bool) -> bool:
    """Return whether a field has to be there."""
    implied = optional and ("default" in field or _split(field)[2])
    return field.get("required", True) and not implied


def _split(field: Field) -> tuple[str, Field | None, bool]:
    """Return the kind of a field, its items where there are some, and whether it may be null."""
    has_parts = "fields" in field or "one_of" in field
    text = str(field.get("type", "object" if has_parts else "str"))
    nullable = text.endswith(" | None") or bool(field.get("nullable"))
    text = text.removesuffix(" | None")
    if not has_parts:
        text = re.sub(r"\bobject\b", "dict[str, any]", text)
    if text.startswith("list["):
        return "list", _inside(field, text[5:-1]), nullable
    if text.startswith("dict["):
        return "dict", _inside(field, text[10:-1]), nullable
    return text, None, nullable


def _inside(field: Field, text: str) -> Field:
    """Return the items of a field; what is said about items is about the innermost."""
    kept = ("enum", "fields", "one_of", "tag", "additional")
    leaf = {key: field[key] for key in kept if key in field} | {"type": text}
    limits = field.get("items", {})
    return leaf | ({"items": limits} if text.startswith(("list[", "dict[")) else limits)


def _default(field: Field, value: Any) -> Any:
    """Return a default as schemas have it: pydantic writes all times in the same form."""
    kind, items, _ = _split(field)
    kind = next((part for part in kind.split(" | ") if part in PYTHON_TYPES), "")
    if kind and isinstance(value, str):
        python_type = PYTHON_TYPES[kind]
        try:
            return python_type.dump_python(python_type.validate_python(value), mode="json")
        except ValueError:  # It is none, and the check says so.
            return value
    if items is not None and isinstance(value, list):
        return [_default(items, item) for item in value]
    if items is not None and isinstance(value, dict):
        return {key: _default(items, item) for key, item in value.items()}
    return value
