"""JSON Schemas as they stand, below `schema:`: those with which a rendered server can start."""

from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, SchemaError
from pydantic_core import SchemaError as PatternError
from pydantic_core import SchemaValidator, core_schema
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from copier_mcp.importing.failures import first_line
from copier_mcp.importing.schemas import Schema, changed_inside

MAX_DEPTH = 40
"""What the check of answers files allows; YAML is read a little deeper."""


UNBOUNDED = {"unevaluatedItems", "unevaluatedProperties"}
"""What no server checks: it could take any time."""


class UnusableError(Exception):
    """No server could start with a schema; the message says why, and what to do."""


def usable(schema: Schema, place: str) -> tuple[Schema, list[str]]:
    """Return a schema for a server, and what it has no longer, of which the patterns are most.

    A server's engine is Rust's, which knows no look-around.

    Raises:
        UnusableError: It is none, or is nested too deep.
    """
    if is_deep(schema):
        raise UnusableError(f"{place}: is nested more than {MAX_DEPTH} deep; flatten it.")
    dropped: list[str] = []

    def change(node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        made = changed_inside(node, change)
        made.pop("$id", None)  # Nothing refers to it: references lead to places.
        for key in UNBOUNDED & made.keys():
            dropped.append(f"{place}: {key}; let the handler check it")
            del made[key]
        if "$dynamicRef" in made:
            raise UnusableError(f"{place}: $dynamicRef is not supported; write $ref.")
        pattern = made.get("pattern")
        if isinstance(pattern, str) and not is_known(pattern):
            dropped.append(f"{place}: the pattern {pattern}; let the handler check it")
            del made["pattern"]
        named = made.get("patternProperties")
        if isinstance(named, dict) and (unknown := [one for one in named if not is_known(one)]):
            dropped.extend(f"{place}: patternProperties {one}" for one in unknown)
            made["patternProperties"] = {one: named[one] for one in named if one not in unknown}
            # What they are about would be refused now.
            made.pop("additionalProperties", None)
        return made

    made: Schema = change(schema)
    try:
        check_schema(made)
        root = Registry().resolver_with_root(DRAFT202012.create_resource(made))
        for reference in dict.fromkeys(references(made)):
            _look_up(root, reference, place)
    except SchemaError as error:
        said = first_line(f"#{pointer(error.absolute_path)}: {error.message}")
        raise UnusableError(f"{place}: is no JSON Schema: {said}; correct it.") from error
    return made, dropped


def pointer(path: Iterable[object]) -> str:
    """Return the JSON pointer of some keys."""
    tokens = (str(key).replace("~", "~0").replace("/", "~1") for key in path)
    return "".join(f"/{token}" for token in tokens)


FORMATS = Draft202012Validator.FORMAT_CHECKER

_RIGHT: set[tuple[str, FormatChecker]] = set()
"""Schemas without a mistake, and what has looked at their patterns."""


def check_schema(schema: Any, formats: FormatChecker = FORMATS) -> None:
    """Check a schema and its definitions, each once: those of an API's tools are the same.

    Raises:
        SchemaError: It is none.
    """
    parts = [schema]
    if isinstance(schema, dict) and isinstance(schema.get("$defs"), dict):
        bare = {key: schema[key] for key in schema if key != "$defs"}
        parts = [bare, *schema["$defs"].values()]
    for part in parts:
        found = (repr(part), formats)
        if found in _RIGHT:
            continue
        try:
            Draft202012Validator.check_schema(part, format_checker=formats)
        except SchemaError:
            # The error of the whole says where in it the mistake is.
            Draft202012Validator.check_schema(schema, format_checker=formats)
            raise
        _RIGHT.add(found)


def _look_up(root: Any, reference: str, place: str) -> None:
    try:
        root.lookup(reference)
    except Unresolvable as error:
        raise UnusableError(f"{place}: {reference} is nowhere in it; write it there.") from error


def is_deep(value: Any, depth: int = MAX_DEPTH) -> bool:
    """Return whether lists and mappings are nested too deep for an answers file."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth < 0 or any(is_deep(part, depth - 1) for part in parts)


def matches(pattern: str, text: str) -> bool:
    """Search as a server does, in a time that grows with the text alone."""
    return SchemaValidator(core_schema.str_schema(pattern=pattern)).isinstance_python(text)


def is_known(pattern: str) -> bool:
    """Return whether a server's engine knows a pattern, and does not find it too large."""
    try:
        matches(pattern, "")
    except PatternError:
        return False
    return True


def references(value: object) -> Iterator[str]:
    """Yield all that a schema refers to."""
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        yield value["$ref"]
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from references(part)
