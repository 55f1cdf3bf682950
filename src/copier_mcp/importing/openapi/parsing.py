"""Reads JSON and YAML as OpenAPI has them: values of JSON, of a bounded size."""

import json
import re
from typing import Any

import yaml

from copier_mcp.importing.failures import UnreadableError, first_line

MAX_BYTES = 16 * 2**20
"""Of a document with all that it refers to; the largest that are public have a little less."""
MAX_DEPTH = 100
MAX_VALUES = 2_000_000
"""Also of what aliases repeat: a few lines of them can stand for billions."""

LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"[-+]?[0-9]{1,300}")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
TAGS = [f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map")]


class _MistakeError(Exception):
    """It is no JSON and no YAML, or too much of it; the message says what is wrong."""


def parse(content: bytes, name: str) -> dict[str, Any]:
    """Return the mapping that a document is.

    Raises:
        UnreadableError: It is none, or too large.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{name}: is no UTF-8; save it in that encoding.") from error
    try:
        value = _json(text) if text.lstrip()[:1] == "{" else _yaml(text)
        _weigh(value)
    except _MistakeError as error:
        raise UnreadableError(f"{name}: {error}") from error
    if not isinstance(value, dict):
        raise UnreadableError(f"{name}: is no mapping; name an OpenAPI document in JSON or YAML.")
    return value


# JSON -------------------------------------------------------------------------------------------


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_mapping, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        if error.pos and error.doc[error.pos : error.pos + 1] != "":
            # YAML may begin with a brace, too.
            return _yaml(text)
        raise _MistakeError(f"is no JSON: {first_line(error)}; correct it.") from error
    except RecursionError as error:
        raise _MistakeError(TOO_DEEP) from error
    except ValueError as error:  # Python reads no numbers of thousands of digits.
        raise _MistakeError(f"is no JSON: {first_line(error)}.") from error


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _MistakeError(f"the key {first_line(twice)} is there twice; leave out one.")
    return made


def _no_number(text: str) -> None:
    raise _MistakeError(f"{text} is no number of JSON; write another.")


# YAML -------------------------------------------------------------------------------------------

TOO_DEEP = f"has more than {MAX_DEPTH} levels, one in the other; write components, and $ref."


def _yaml(text: str) -> Any:
    """Return what YAML says in the words of JSON: its core schema, and neither tags nor merges."""
    try:
        return _Builder(text).value()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" in line {mark.line + 1}" if mark else ""
        raise _MistakeError(f"is no YAML{place}: {error.problem}; correct it.") from error
    except yaml.YAMLError as error:
        raise _MistakeError(f"is no YAML: {first_line(error)}; correct it.") from error


class _Builder:
    """Makes values of the events of a parser, which nests nothing itself."""

    def __init__(self, text: str) -> None:
        self._events = iter(yaml.parse(text, Loader=LOADER))
        self._anchors: dict[str, Any] = {}

    def value(self) -> Any:
        made = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _wrong(event, "there is another document; write all into one")
                made = self._next(next(self._events), 0)
        return made

    def _next(self, event: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise _MistakeError(TOO_DEEP)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise _wrong(event, f"the anchor {event.anchor} is nowhere before it")
            return self._anchors[event.anchor]
        if event.tag not in (None, "!", *TAGS):
            raise _wrong(event, f"the tag {event.tag} is not supported")
        if isinstance(event, yaml.ScalarEvent):
            made = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            made = self._sequence(depth)
        else:
            made = self._mapping(depth)
        # After all in it: nothing contains itself.
        if event.anchor:
            self._anchors[event.anchor] = made
        return made

    def _sequence(self, depth: int) -> list[Any]:
        made = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            made.append(self._next(event, depth + 1))
        return made

    def _mapping(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        event: Any
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            # Response codes are texts in JSON: what stands there, not what it would be as a value.
            if not isinstance(event, yaml.ScalarEvent):
                raise _wrong(event, "a key is no text")
            key: str = event.value
            if key == "<<" and event.implicit[0]:
                raise _wrong(event, "merge keys are not supported; write what they stand for")
            if key in made:
                raise _wrong(event, f"the key {first_line(key)} is there twice")
            made[key] = self._next(next(self._events), depth + 1)
        return made


def _scalar(event: Any) -> Any:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in CONSTANTS:
        return CONSTANTS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if FLOAT.fullmatch(text) else text


def _wrong(event: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


# Both -------------------------------------------------------------------------------------------


def _weigh(root: Any) -> None:
    """Refuse what is too much, or no text that can be written.

    Raises:
        _MistakeError: What is wrong.
    """
    weights: dict[int, int] = {}

    def weight(value: Any, depth: int) -> int:
        if isinstance(value, str):
            _check_text(value)
            return 1
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            raise _MistakeError("has a number that is too large; write another.")
        if not isinstance(value, dict | list):
            return 1
        if depth > MAX_DEPTH:
            raise _MistakeError(TOO_DEEP)
        if id(value) not in weights:
            if isinstance(value, dict):
                for key in value:
                    _check_text(key)
            parts = value.values() if isinstance(value, dict) else value
            weights[id(value)] = 1 + sum(weight(part, depth + 1) for part in parts)
        return weights[id(value)]

    if weight(root, 0) > MAX_VALUES:
        raise _MistakeError(f"has more than {MAX_VALUES:,} values, with what aliases repeat.")


def _check_text(text: str) -> None:
    if any("\ud800" <= sign <= "\udfff" for sign in text) if not text.isascii() else False:
        raise _MistakeError("has halves of surrogate pairs, which are no characters.")
