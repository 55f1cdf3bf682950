"""Raw JSON Schemas that a render takes as they are, and with which no server would start."""

from collections.abc import Iterator
from typing import Any

from jsonschema import FormatChecker, SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from copier_mcp.check.findings import Finding
from copier_mcp.check.tree import Value, walk
from copier_mcp.importing.raw import check_schema, is_known

UNSUPPORTED = {"$dynamicRef", "$id", "unevaluatedItems", "unevaluatedProperties"}
"""The same that `runtime/json_schemas.py` of a rendered server names."""

MAX_SHOWN = 200

PATTERNS = FormatChecker(formats=())
PATTERNS.checks("regex")(lambda pattern: not isinstance(pattern, str) or is_known(pattern))


def schema_mistakes(root: Value) -> Iterator[Finding]:
    """Yield the mistakes that a server would report at its start."""
    tools = root.part("tools")
    for tool in tools.value.parts if tools else ():
        schemas = tool.value.part("schema")
        for part in schemas.value.parts if schemas else ():
            if any(value.lost for value in walk(part.value)) or part.value.kind != "mapping":
                continue  # What is said of it already comes first.
            if said := mistake(part.value.plain()):
                name = tool.value.part("name")
                place = tool.label or f"tools[{tool.key}] {name.value.leaf if name else ''}: "
                message = f"{place}schema.{part.key}: {' '.join(said.split())}"
                yield Finding(part.mark, "error", message)


def mistake(schema: dict[str, Any]) -> str:
    """Return what is wrong with a schema, or nothing."""
    root = Registry().resolver_with_root(DRAFT202012.create_resource(schema))
    try:
        check_schema(schema, PATTERNS)
        seen = set()
        for name, said in _keywords(schema):
            if name in UNSUPPORTED and (isinstance(said, str) or not name.startswith("$")):
                return f"{name} is not supported; leave it out."
            if name == "$ref" and isinstance(said, str) and said not in seen:
                seen.add(said)
                try:
                    target = root.lookup(said).contents
                except Unresolvable:
                    return f"{said} is nowhere in it; write it there."
                check_schema(target, PATTERNS)
                if isinstance(target, dict) and target.get("$ref") == said:
                    return f"{said} leads to itself; write what it stands for."
    except SchemaError as error:
        if error.validator == "format":
            return (
                f"the pattern {_short(str(error.instance))} is none that servers know; write it "
                "without look-around and back-references, and with smaller counts."
            )
        place = "".join(f".{part}" for part in error.path)
        return f"{place.lstrip('.')}: {_short(error.message)}; correct it."
    return ""


def _keywords(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from value.items()
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _keywords(part)


def _short(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
