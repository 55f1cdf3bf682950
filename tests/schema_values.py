"""Values for a JSON Schema of a tool, and what may be made of them.

For the vocabulary that pydantic writes for declared tools. (hypothesis-jsonschema ends at draft 7.)
"""

import datetime as dt
import json
import math
import operator
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from fuzzing import NO_MESSAGE, changed, junk

type Schema = dict[str, Any]

# Valid values -----------------------------------------------------------------------------------


def values(  # noqa: C901, PLR0911 (a case for each type)
    schema: Schema, root: Schema | None = None
) -> st.SearchStrategy[Any]:
    """Values that nearly always fit the schema."""
    root = root or schema
    match schema:
        case {"$ref": str(name)}:
            return st.deferred(lambda: values(root["$defs"][name.removeprefix("#/$defs/")], root))
        case {"const": constant}:
            return st.just(constant)
        case {"enum": choices}:
            return st.sampled_from(choices)
        case {"anyOf": options}:
            return st.one_of(*(values(option, root) for option in options))
        case {"type": "object"}:
            return objects(schema, root)
        case {"type": "array"}:
            low = schema.get("minItems", 0)
            high = min(schema.get("maxItems", low + 3), low + 3)
            return st.lists(values(schema["items"], root), min_size=low, max_size=high)
        case {"type": "string"}:
            return strings(schema)
        case {"type": "integer" | "number" as kind}:
            return numbers(schema, whole=kind == "integer")
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "null"}:
            return st.none()
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


def strings(schema: Schema) -> st.SearchStrategy[str]:
    match schema.get("format"):
        case "date":
            return st.dates().map(str)
        case "date-time":
            zones = st.timezones() | st.just(None)
            return st.datetimes(timezones=zones).map(lambda moment: moment.isoformat())
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
    """Return whether a message with this is one: tests/fuzzing.py is about those that are none."""
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


# What a schema says of them ---------------------------------------------------------------------

DIFFERENCES = """
A schema can be read in two ways where validators differ. Arguments that fit the strict reading have
to be accepted, and those that do not fit even the lenient one refused. Between them are:

format: an annotation in JSON Schema 2020-12. Pydantic takes moments without seconds or zone, with a
    space, and as seconds since 1970 in digits, but no leap second; with more than microseconds they
    are cut. What it takes is a date or a moment in any case.
pattern: engines differ in what `\\d`, `\\s` and `\\w` mean beyond ASCII, and Python's `$` also
    matches before a last line end. The server's engine is Rust's.
multipleOf: pydantic allows floats to be wrong by a part in 10**9, as 0.07 is no multiple of 0.01 in
    binary.
enum: in Python, true equals 1 and false 0; the handler gets the number.
numbers beyond 2**53 are compared as floats, and those beyond floats refused (RFC 8259 lets it).
"""


type Check = Callable[[Any, Any, Any, Schema], Iterator[ValidationError]]

FORMATS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"
    ),
}


def _pattern(engines_agree: bool) -> Check:
    def check(_: Any, pattern: str, text: Any, _schema: Schema) -> Iterator[ValidationError]:
        if isinstance(text, str):
            sure = all(" " <= letter <= "~" for letter in text)
            if re.search(pattern, text) is None if sure else engines_agree:
                yield ValidationError("pattern")

    return check


def _multiple(allowed: float) -> Check:
    def check(_: Any, step: float, number: Any, _schema: Schema) -> Iterator[ValidationError]:
        if TYPES.is_type(number, "number"):
            rest = Fraction(number) % Fraction(step)
            if min(rest, Fraction(step) - rest) > abs(Fraction(number)) * Fraction(allowed):
                yield ValidationError("multipleOf")

    return check


def _same_or_equal(_: Any, choices: list[Any], value: Any, _schema: Schema) -> Iterator[Any]:
    if value not in choices:
        yield ValidationError("enum")


def _rounded(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _limit(kept: Callable[[float, float], bool]) -> Check:
    def check(_: Any, limit: float, number: Any, _schema: Schema) -> Iterator[ValidationError]:
        if isinstance(number, int | float) and not kept(_rounded(number), _rounded(limit)):
            yield ValidationError("limit")

    return check


def _number(*, whole: bool) -> Callable[[Any, Any], bool]:
    def is_type(_: Any, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        finite = not isinstance(value, float) or math.isfinite(value)
        return finite and (not whole or value == int(value))

    return is_type


def _formats(accepted: Callable[[str, str], bool]) -> FormatChecker:
    checker = FormatChecker(formats=())
    for name in FORMATS:
        checker.checks(name)(
            lambda value, name=name: not isinstance(value, str) or accepted(name, value)
        )
    return checker


def _is_strictly(name: str, text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return FORMATS[name].fullmatch(text) is not None


def _is_loosely(_name: str, text: str) -> bool:
    return re.match(r"[+-]?\d", text) is not None


TYPES = Draft202012Validator.TYPE_CHECKER.redefine_many(
    {"integer": _number(whole=True), "number": _number(whole=False)}
)
STRICT = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"pattern": _pattern(engines_agree=True), "multipleOf": _multiple(0)},
    type_checker=TYPES,
)
LENIENT = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _pattern(engines_agree=False),
        "multipleOf": _multiple(1e-9),
        "enum": _same_or_equal,
        "const": lambda _, one, value, schema: _same_or_equal(_, [one], value, schema),
        "minimum": _limit(operator.ge),
        "maximum": _limit(operator.le),
        "exclusiveMinimum": _limit(operator.gt),
        "exclusiveMaximum": _limit(operator.lt),
    },
    type_checker=TYPES,
)


def verdict(schema: Schema, found: Any) -> bool | None:
    """Return whether arguments fit a schema; `None` where its readers differ."""
    strict = STRICT(schema, format_checker=_formats(_is_strictly))
    lenient = LENIENT(schema, format_checker=_formats(_is_loosely))
    if strict.is_valid(found) and not _is_beyond_floats(found):
        return True
    return None if lenient.is_valid(found) else False


def wrong_fields(schema: Schema, found: dict[str, Any]) -> set[str]:
    """Return the arguments that do not fit even the lenient reading, or are missing or unknown."""
    known: dict[str, Schema] = schema.get("properties", {})
    missing = set(schema.get("required", ())) - found.keys()
    one_by_one = (name for name in found.keys() & known.keys())
    unfit = {
        name
        for name in one_by_one
        if verdict(schema | {"required": []}, {name: found[name]}) is False
    }
    return unfit | missing | (found.keys() - known.keys())


def _is_beyond_floats(value: Any) -> bool:
    match value:
        case int() | float():
            return abs(value) > 2**53
        case dict():
            return any(map(_is_beyond_floats, value.values()))
        case list():
            return any(map(_is_beyond_floats, value))
    return False
