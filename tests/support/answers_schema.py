"""The JSON Schema of answers files, and what it cannot say."""

import functools
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
from jsonschema.validators import extend

from support import api_refusals, refusals
from support.declared import in_json
from support.rendering import ROOT

WITH_ALL = {
    "http": True, "auth": "jwt", "http_client": True, "api": api_refusals.API,
    "types": refusals.SHARED,
}  # fmt: skip
"""The answers without which nothing declared may have scopes, call an API, or share types."""


SCHEMA: dict[str, Any] = json.loads((ROOT / "answers.schema.json").read_text("utf-8"))


@functools.cache
def ecma(pattern: str) -> re.Pattern[str]:
    """Compile a pattern as JSON Schema means it: $ is the end, not before a last line feed."""
    return re.compile(re.sub(r"(?<!\\)\$(?=\||\)*$)", r"\\Z", pattern))


def check_pattern(validator: Any, pattern: str, value: Any, _: Any) -> Iterator[Any]:
    if validator.is_type(value, "string") and not ecma(pattern).search(value):
        yield jsonschema.ValidationError(f"does not match {pattern}")


VALIDATOR: Any = extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator, {"pattern": check_pattern}
)(SCHEMA)


def fits_schema(question: str, answer: Any) -> bool:
    try:
        return bool(VALIDATOR.is_valid(WITH_ALL | {question: in_json(answer)}))
    except (TypeError, ValueError):  # A key that is no text; a number that is too long to show.
        return False


_CONFIRM = r"confirm: ('\w+' is no argument|has a brace)"
_PLACED = (
    r"is no argument; write (one|it)|is no part of the result|stands? in the path|goes where"
    r"|is no name of a (header|cookie)|is set by the client|another argument is called"
    r"|is in the body already|has no properties|is an object|goes into the body"
    r"|takes the whole answer|has a name twice"
)
_INNER = r"(default|example)(\[.*\]|\.\S.*|: the key .*)?"
BEYOND_JSON_SCHEMA = {
    "which headers the client sets": r"api\.auth\.name: .* is set by the client",
    "the arguments that a question names": _CONFIRM,
    "the arguments that messages name": r"text: .* is no argument|arguments.*: is in no message",
    "where arguments go, and where an answer": rf"http\S*: .*({_PLACED})",
    "comparisons of entries": r"two are called|is that of another|would be a second class",
    "how deep and how long a schema is": r"is nested more than|characters in JSON",
    "names in Python": r"would both be|name: \S+ is taken already",
    "the length of rendered lines": r"takes a line of more than 100 columns",
    "limits of one field that exclude each other": (
        r"is less than min_length|leaves no (number|uri|email)"
    ),
    "which types are shared": r"'.*[A-Z].*' is no type|and not for [\w\[]*[A-Z]",
    "types that contain themselves": "never ends",
    "patterns of shared types": r"types\..*has (a pattern|different items) and no example",
    "the tag among fields": r"is the tag, which all have",
    "what has no default": r"default: (an object has none|a (list|dict) of several types)",
    "values against choices and fields": (
        rf"{_INNER}: (.* is none of the choices|has no \S.*; write|.* is no key here)"
    ),
    "values against limits": (
        rf"{_INNER}: (is shorter|is longer|does not match|has letters beyond|.* is (below|above)"
        r"|.* is not (below|above)|.* is no multiple)"
    ),
    "values of any kind": rf"{_INNER}: has (\d+ characters|more than 10 levels)",
    "values of several types": rf"{_INNER}: .* is no [a-z]+ \|",
    "values inside of values": r"(default|example)(\[.*\]\[|.*\]?\.\S.*: )",
    "how brackets, ranges and counts of a pattern go together": (
        r"pattern: has (a \( that|a \) that|a range|a dash|the count|counts)"
    ),
    "characters that only newer versions of Unicode know, and halves of them": (
        r"cannot be printed|can be printed|on one line|that YAML cannot keep"
    ),
    "YAML's own kinds of values": (
        r"is a date; write|quotes if it looks like something else|which JSON does not have"
        r"|2026-01-\d\d is no str|\.0 is no|is a number that not all can hold"
        r"|is no value of JSON|the key \S+ is no text"
    ),
}
"""What the schema cannot say, by what the validators say of it."""

UNSEEN = re.compile("|".join(f"(?:{said})" for said in BEYOND_JSON_SCHEMA.values()))
