"""Values for a JSON Schema of a tool, and what may be made of them.

For the vocabulary that pydantic and zod write for tools. (hypothesis-jsonschema ends at draft 7.)
"""

import datetime as dt
import json
import re
from base64 import b64encode
from typing import Any

from hypothesis import strategies as st

from support import declarations
from support.fuzzing import NO_MESSAGE, changed, junk

type Schema = dict[str, Any]

# Valid values -----------------------------------------------------------------------------------


def values(  # noqa: C901, PLR0911, PLR0912 (a case for each type)
    schema: Schema, root: Schema | None = None
) -> st.SearchStrategy[Any]:
    """Values that nearly always fit the schema."""
    root = root or schema
    match schema:
        case {"$ref": "#"}:
            return st.deferred(lambda: values(root))
        case {"$ref": str(name)}:
            return st.deferred(lambda: values(root["$defs"][name.removeprefix("#/$defs/")], root))
        case {"const": constant}:
            return st.just(constant)
        case {"enum": choices}:
            return st.sampled_from(choices)
        case {"anyOf": options} | {"oneOf": options}:
            return st.one_of(*(values(option, root) for option in options))
        case {"type": list(kinds)}:
            return st.one_of(*(values(schema | {"type": kind}, root) for kind in kinds))
        case {"type": "object"}:
            return objects(schema, root)
        case {"type": "array"}:
            low = schema.get("minItems", 0)
            high = min(schema.get("maxItems", low + 3), low + 3)
            return st.lists(values(schema.get("items", {}), root), min_size=low, max_size=high)
        case {"type": "string"}:
            return strings(schema)
        case {"type": "integer" | "number" as kind}:
            return numbers(schema, whole=kind == "integer")
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "null"}:
            return st.none()
    if "type" not in schema:
        return junk()
    raise NotImplementedError(f"no values are known for {schema}")


@st.composite
def objects(draw: st.DrawFn, schema: Schema, root: Schema) -> dict[str, Any]:
    if isinstance(inner := schema.get("additionalProperties"), dict):
        low = schema.get("minProperties", 0)
        high = min(schema.get("maxProperties", low + 3), low + 3)
        keys = st.text(max_size=4)
        return draw(st.dictionaries(keys, values(inner, root), min_size=low, max_size=high))
    required = schema.get("required", ())
    return {
        name: draw(values(part, root))
        for name, part in schema.get("properties", {}).items()
        if name in required or draw(st.booleans())
    }


ZONES = st.timezones() | st.just(None)
FORMATS: dict[str, st.SearchStrategy[str]] = {
    "date": st.dates().map(str),
    "date-time": st.datetimes(timezones=ZONES).map(lambda moment: moment.isoformat()),
    "time": st.times(timezones=st.just(dt.UTC) | st.just(None)).map(str),
    "duration": declarations.durations(),
    "uuid": st.uuids().map(str),
    "uri": st.from_regex(r"\A[a-z]{1,9}:[!-~]{1,30}\Z"),
    "email": st.from_regex(r"\A[a-z]{1,9}@[a-z]{1,9}\.[a-z]{2,3}\Z"),
}


def strings(schema: Schema) -> st.SearchStrategy[str]:
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    if schema.get("contentEncoding") == "base64":
        return st.binary(max_size=20).map(lambda data: b64encode(data).decode())
    low = schema.get("minLength", 0)
    high = min(schema.get("maxLength", low + 8), low + 8)
    if "pattern" in schema:
        fitting: st.SearchStrategy[str] = st.from_regex(re.compile(schema["pattern"]))
        return fitting.filter(lambda text: low <= len(text) <= 10_000)
    return st.text(min_size=low, max_size=high)


def numbers(schema: Schema, *, whole: bool) -> st.SearchStrategy[float]:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    step = schema.get("multipleOf")
    if step is not None:
        return st.integers(-1000, 1000).map(lambda count: count * step)
    if not whole:
        return st.floats(low, high, allow_nan=False, allow_infinity=False)
    least = None if low is None else int(low) + ("exclusiveMinimum" in schema)
    most = None if high is None else int(high) - ("exclusiveMaximum" in schema)
    return st.integers(least, most)


# Values that do not fit, or may not -------------------------------------------------------------

NEARLY = (
    "2026-01-31", "2026-02-30", "2026-01-31T18:30:00Z", "2026-01-31T18:30:00", "1700000000", "0",
    "2026-01-31 18:30", "18:30:00Z", "true", "null", "1", "1.0", "a" * 101, "\n", "é", "１",
    1e10 + 0.25, 2.0, 2.5, 1e300, 5e-324, 100, 101, 10**400, "<huge>", "<minus zero>",
)  # fmt: skip


def of_other_type(value: Any) -> st.SearchStrategy[Any]:
    """The value as another type has it."""
    return st.sampled_from([str(value), [value], {"value": value}, None, bool(value)])


def with_points(value: Any) -> Any:
    """Return the same with a point in each number, as some languages write them: 5.0 is 5."""
    match value:
        case int() if not isinstance(value, bool) and abs(value) < 2**53:
            return float(value)
        case dict():
            return {name: with_points(part) for name, part in value.items()}
        case list():
            return [with_points(part) for part in value]
    return value


def arguments(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments for a tool: valid, with a few changes, or anything that can be sent."""
    return some_arguments(schema).filter(is_sendable)


def is_sendable(found: Any) -> bool:
    """Return whether a message with this is one: fuzzing.py is about the others."""
    text = json.dumps(found, ensure_ascii=False)
    has_half = any("\ud800" <= letter <= "\udfff" for letter in text)
    return not has_half and not any(name in text for name in NO_MESSAGE)


@st.composite
def some_arguments(draw: st.DrawFn, schema: Schema) -> dict[str, Any]:
    valid: dict[str, Any] = draw(objects(schema, schema))
    kind = draw(st.sampled_from(["valid", "near", "near", "other", "changed", "changed", "junk"]))
    if kind == "changed":
        return draw(changed(valid, most=2))
    if kind == "junk" and schema.get("properties"):
        return valid | {draw(st.sampled_from(sorted(schema["properties"]))): draw(junk())}
    if kind == "other" and valid:
        name = draw(st.sampled_from(sorted(valid)))
        return valid | {name: draw(of_other_type(valid[name]))}
    if kind == "near" and valid:
        return valid | {draw(st.sampled_from(sorted(valid))): draw(st.sampled_from(NEARLY))}
    return valid
