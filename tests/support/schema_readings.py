"""What a JSON Schema says of arguments, where its readers agree."""

import datetime as dt
import math
import operator
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from support.schema_values import Schema

DIFFERENCES = """
A schema can be read in two ways where validators differ. Arguments that fit the strict reading have
to be accepted, and those that do not fit even the lenient one refused. Between them are:

format: an annotation in JSON Schema 2020-12. Pydantic takes moments without seconds or zone, with a
    space, and as seconds since 1970 in digits, but no leap second; with more than microseconds they
    are cut. What it takes is a date or a moment in any case. Durations may have fractions and a
    sign, UUIDs other forms; addresses are those of ASCII, at a domain with a dot.
contentEncoding: an annotation, too; the server wants base64.
pattern: engines differ in what `\\d`, `\\s` and `\\w` mean beyond ASCII, and Python's `$` also
    matches before a last line end. The server's engine is Rust's.
multipleOf: pydantic allows floats to be wrong by a part in 10**9, as 0.07 is no multiple of 0.01 in
    binary.
numbers beyond 2**53 are compared as floats, and those beyond floats refused (RFC 8259 lets it).
"""


type Check = Callable[[Any, Any, Any, Schema], Iterator[ValidationError]]

FORMATS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"
    ),
    "time": re.compile(
        r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"
    ),
    "duration": re.compile(r"P(?!$)(\d{1,6}D)?(T(?=\d)(\d{1,6}H)?(\d{1,6}M)?(\d{1,6}S)?)?"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "uri": re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+"),
    "email": re.compile(r"[a-z]+@[a-z]+(\.[a-z]+)+"),
}
BASE64 = re.compile(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


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
        if name in ("date", "date-time"):
            dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return FORMATS[name].fullmatch(text) is not None


def _is_loosely(name: str, text: str) -> bool:
    return name not in ("date", "date-time") or re.match(r"[+-]?\d", text) is not None


def _encoding(_: Any, name: str, text: Any, _schema: Schema) -> Iterator[ValidationError]:
    if name == "base64" and isinstance(text, str) and not BASE64.fullmatch(text):
        yield ValidationError("contentEncoding")


TYPES = Draft202012Validator.TYPE_CHECKER.redefine_many(
    {"integer": _number(whole=True), "number": _number(whole=False)}
)
STRICT = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _pattern(engines_agree=True),
        "multipleOf": _multiple(0),
        "contentEncoding": _encoding,
    },
    type_checker=TYPES,
)
LENIENT = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _pattern(engines_agree=False),
        "multipleOf": _multiple(1e-9),
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
    open_ended = schema.get("additionalProperties", True) is not False
    missing = set(schema.get("required", ())) - found.keys()
    one_by_one = (name for name in found if name in known or open_ended)
    unfit = {
        name
        for name in one_by_one
        if verdict(schema | {"required": []}, {name: found[name]}) is False
    }
    return unfit | missing | (set() if open_ended else found.keys() - known.keys())


def _is_beyond_floats(value: Any) -> bool:
    match value:
        case int() | float():
            return abs(value) > 2**53
        case dict():
            return any(map(_is_beyond_floats, value.values()))
        case list():
            return any(map(_is_beyond_floats, value))
    return False
