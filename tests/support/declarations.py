"""Hypothesis strategies for what an answers file declares, valid and mistaken.

The valid ones reach over the whole grammar of docs/declarations.md: `tools()`, `resources()`,
`prompts()`, `fields()`. A mistake is one change to something valid, from `mistakes()`.
"""

import copy
import datetime as dt
import keyword
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

type Declaration = dict[str, Any]
type Fields = dict[str, Declaration]

# Words whose combinations are never reserved, and of which no two make the same class name.
WORDS = (
    "note", "query", "author", "page", "size", "word", "street", "town", "order", "state", "flag",
    "level", "topic", "score", "parcel", "weight", "shelf", "code", "ratio", "member",
)  # fmt: skip
# What is no name of a field in Python, or none that a model may have. No two are one there.
ODD_NAMES = (
    "orderId", "order-line", "$top", "from", "list", "_id", "1st", "naïve", "名前", "ship to",
    "HTTPPort", "model_dump", "json", "str", "datetime", "X-Request-ID", "a.b/c", "#", "It's", '"',
    "{x}", "\\d", "Ω", "type", "hash", "object", "model_id", "{{ 7 * 7 }}",
)  # fmt: skip
LEAVES = (
    "str", "int", "float", "bool", "date", "datetime", "time", "duration", "uuid", "uri", "email",
    "decimal", "bytes", "any", "object", "int | str", "uuid | bool", "bool | float | uri",
    "date | int",
)  # fmt: skip
UNIQUE = ("str", "int", "float", "bool", "uri", "email", "int | str", "bool | float | uri")
HINTS = ("read_only", "destructive", "idempotent", "open_world")
# From short and plain to what tries to break out of Python, YAML, Jinja and Markdown.
TEXTS = (
    "What it is.", 'Say "hello".', "It's here.", "A \\ and a \\n.", "{{ 7 * 7 }} {% raw %}", "天气",
    "#: - & * ! | > ' % @ `", "two\nlines", "three\n\nmore\n", "null", "👩\u200d👩\u200d👧",
    '"""', "“quoted”", "<b>bold</b> *bold* _it_ [x](y)", "A long text, " * 20,
)  # fmt: skip


def names(parts: int = 3) -> st.SearchStrategy[str]:
    """Names of several words; those of one word are left to objects and choices."""
    return st.lists(st.sampled_from(WORDS), min_size=2, max_size=parts).map("_".join)


@st.composite
def entry_names(draw: st.DrawFn, least: int, most: int, *more: Callable[[str], str]) -> list[str]:
    """Names of tools, resources or prompts, of which no two are one in Python."""
    found = draw(st.lists(names(), min_size=least, max_size=most, unique=True))
    styles: tuple[Callable[[str], str], ...] = (
        lambda name: name,
        lambda name: name.replace("_", "-"),
        lambda name: f"V1.{name.title().replace('_', '.')}",
        lambda name: re.sub("_(.)", lambda match: match[1].upper(), name),
        *more,
    )
    return [draw(st.sampled_from(styles))(name) for name in found]


def free_name(name: str) -> str:
    """Make it one that only resources and prompts may have."""
    return f"{name.replace('_', ' ')}: {{{{ 7 }}}} \"'"


def texts() -> st.SearchStrategy[str]:
    """Descriptions, over several lines too."""
    return st.sampled_from(TEXTS) | printable(max_size=40).filter(seen)


def described() -> st.SearchStrategy[Declaration]:
    """A description, or seldom none."""
    with_one = texts().map(lambda text: {"description": text})
    return st.one_of(*[with_one] * 5, st.just({}))


def lines(longest: int = 40) -> st.SearchStrategy[str]:
    """One line, as titles are."""
    return (
        st.sampled_from([text for text in TEXTS if "\n" not in text and len(text) < longest])
        | printable(max_size=longest).map(str.strip)
    ).filter(seen)


def seen(text: str) -> bool:
    return bool(text.replace("\u200c", "").replace("\u200d", "").strip())


def printable(*, max_size: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="utf-8").filter(str.isprintable), max_size=max_size)


# Types and values -------------------------------------------------------------------------------


@st.composite
def types(draw: st.DrawFn, leaf: str) -> str:
    """A type with this one innermost."""
    type_ = leaf
    for wrapper in draw(
        st.lists(st.sampled_from(["list[{}]", "dict[str, {}]", "{} | None"]), max_size=3)
    ):
        if wrapper != "{} | None" or not type_.endswith(" | None"):
            type_ = wrapper.format(type_)
    return type_


def innermost(type_: str) -> str:
    return type_.replace(" | None", "").rstrip("]").split("[")[-1].removeprefix("str, ")


def outermost(type_: str) -> str:
    return type_.removesuffix(" | None").split("[")[0]


def full_type(field: Declaration) -> str:
    kinds = {type(choice) for choice in field.get("enum", ())}
    named = {str: "str", int: "int", bool: "bool", type(None): "None"}
    implied = " | ".join(named[kind] for kind in named if kind in kinds)
    return str(field.get("type", implied or "object"))


def leaf_values(leaf: str) -> st.SearchStrategy[Any]:
    if " | " in leaf:
        return st.one_of(*(leaf_values(part) for part in leaf.split(" | ")))
    whole = st.integers(-(2**53), 2**53)
    dates = st.dates()
    zones = st.none() | st.just(dt.UTC)
    times = st.datetimes(timezones=zones)
    strategies: dict[str, st.SearchStrategy[Any]] = {
        "str": st.sampled_from([*TEXTS, "", "a\tb\n"]) | printable(max_size=20),
        "int": whole | st.integers(-9, 9),
        "float": st.floats(-(2.0**53), 2.0**53) | st.integers(-9, 9),
        "bool": st.booleans(),
        "date": dates | dates.map(str),
        "datetime": times | times.map(lambda time: time.isoformat()),
        "time": st.times(timezones=zones).map(str) | st.sampled_from(["18:30", "18:30Z"]),
        "duration": durations(),
        "uuid": st.uuids().map(str) | st.uuids().map(lambda one: str(one).upper()),
        "uri": st.from_regex(r"\A[a-z][a-z0-9+.-]{0,9}:[!-~]{1,30}\Z"),
        "email": st.from_regex(r"\A[a-z.+'-]{1,9}@([a-z0-9-]{1,9}\.){1,2}[a-z]{2,3}\Z"),
        "decimal": st.decimals(-(10**9), 10**9, places=2).map(str) | st.integers(-9, 9).map(str),
        "bytes": st.binary(max_size=20).map(lambda data: b64encode(data).decode()),
        "any": anything(),
        "object": st.dictionaries(st.text("ab ", max_size=3), anything(), max_size=2),
    }
    return strategies[leaf]


@st.composite
def durations(draw: st.DrawFn) -> str:
    """A duration in the form of ISO 8601 that may be declared."""
    count = st.integers(0, 999)
    seconds = st.sampled_from(["0S", "5S", "30.5S", "0.000001S"])
    days = draw(st.just("") | count.map(lambda number: f"{number}D"))
    time = "".join(
        draw(st.just("") | part)
        for part in (count.map(lambda n: f"{n}H"), count.map(lambda n: f"{n}M"), seconds)
    )
    week = draw(count.map(lambda number: f"P{number}W"))
    return f"P{days}{'T' if time else ''}{time}" if days or time else week


def anything() -> st.SearchStrategy[Any]:
    leaf = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([0.5, "", "a", "天"])
    return st.recursive(
        leaf,
        lambda part: st.lists(part, max_size=2) | st.dictionaries(st.text("ab"), part, max_size=2),
        max_leaves=4,
    )


@st.composite
def values(draw: st.DrawFn, type_: str, field: Declaration, *, optional: bool) -> Any:
    """A value of the type, for a field whose limits are about something else."""
    if type_.endswith(" | None"):
        bare = type_.removesuffix(" | None")
        return draw(st.none() | values(bare, field, optional=optional))
    outer = outermost(type_)
    if outer == "list":
        inner = values(type_[5:-1], field, optional=optional)
        low, high = sizes(field, type_)
        different = (lambda value: (isinstance(value, bool), value)) if "unique" in field else None
        return draw(st.lists(inner, min_size=low, max_size=high, unique_by=different))
    if outer == "dict":
        inner = values(type_[10:-1], field, optional=optional)
        keys = st.text("abcdefgh ä'\"", max_size=4)
        low, high = sizes(field, type_)
        return draw(st.dictionaries(keys, inner, min_size=low, max_size=high))
    if "enum" in field:
        return draw(st.sampled_from([choice for choice in field["enum"] if choice is not None]))
    if outer == "object" and ("fields" in field or "one_of" in field):
        tag = draw(st.sampled_from(sorted(field["one_of"]))) if "one_of" in field else ""
        return {
            name: draw(values_of(part, optional=optional))
            for name, part in (with_tag(field, tag) if tag else field["fields"]).items()
            if not may_be_left_out(part, optional=optional) or draw(st.booleans())
        }
    return draw(leaf_values(outer))


def sizes(field: Declaration, type_: str) -> tuple[int, int]:
    """How long a list or a dictionary may be: the limits are about the outermost."""
    if type_ != full_type(field).removesuffix(" | None"):
        return 0, 3
    low = field.get("min_length", 0)
    return low, min(low + 3, field.get("max_length", 9))


def may_be_left_out(field: Declaration, *, optional: bool) -> bool:
    implied = optional and ("default" in field or full_type(field).endswith(" | None"))
    return implied or not field.get("required", True)


def values_of(field: Declaration, *, optional: bool) -> st.SearchStrategy[Any]:
    """Values that the field allows. Of those with a pattern only the one that came with it."""
    type_ = full_type(field)
    outer = outermost(type_)
    null = st.none() if type_.endswith(" | None") or field.get("nullable") else st.nothing()
    given = next((field[key] for key in ("default", "example") if key in field), None)
    if given is not None and {"pattern", "multiple_of"} & field.keys():
        return null | st.just(given)
    if "pattern" in field or "multiple_of" in field:  # Then null is the one that is known.
        return null
    if "items" in field:
        return null | st.just([] if outer == "list" else {})
    if "enum" not in field and outer in ("int", "float"):
        return null | numbers(field, outer)
    if "enum" not in field and outer == "str" and {"min_length", "max_length"} & field.keys():
        low = field.get("min_length", 0)
        high = min(low + 5, field.get("max_length", 99))
        return null | st.text("abc ä", min_size=low, max_size=high)
    return null | values(type_, field, optional=optional)


def numbers(field: Declaration, outer: str) -> st.SearchStrategy[Any]:
    """Numbers between the limits."""
    low, high = field.get("ge", field.get("gt")), field.get("le", field.get("lt"))
    if outer == "int":
        least = -(2**53) if low is None else low + ("gt" in field)
        most = 2**53 if high is None else high - ("lt" in field)
        return st.integers(least, most)
    return st.floats(
        -(2.0**53) if low is None else low,
        2.0**53 if high is None else high,
        exclude_min="gt" in field,
        exclude_max="lt" in field,
    )


# Patterns, each with something that it matches ---------------------------------------------------

ATOMS = (
    ("a", "a"), ("Z", "Z"), ("é", "é"), (" ", " "), (".", "x"), (r"\d", "7"), (r"\w", "_"),
    (r"\s", " "), (r"\D", "x"), (r"\W", "-"), (r"\S", "x"), (r"\.", "."), (r"\/", "/"),
    (r"\\", "\\"), (r"\{", "{"), (r"\]", "]"), ("[a-z0-9]", "q"), ("[^a-z]", "A"),
    (r"[\w.-]", "."), (r"[\]\[]", "["), ("[-+]", "-"), (r"[^\s\d]", "x"), ("[ -~]", "#"),
    ("[à-ü]", "é"), ("'", "'"), ('"', '"'), ("%", "%"),
)  # fmt: skip
QUANTIFIERS = (
    ("", 1), ("*", 0), ("*", 2), ("+", 1), ("?", 0), ("?", 1), ("*?", 1), ("+?", 3), ("??", 0),
    ("{2}", 2), ("{1,3}", 3), ("{0,}", 0), ("{2,4}?", 2),
)  # fmt: skip


@st.composite
def patterns(draw: st.DrawFn, depth: int = 1) -> tuple[str, str]:
    """A pattern, and a text that it matches from its beginning to its end."""
    pieces = []
    for _ in range(draw(st.integers(1, 3))):
        if depth and draw(st.booleans()):
            inner, sample = draw(patterns(depth - 1))
            other, _ = draw(patterns(0))
            opening = draw(st.sampled_from(["(", "(?:"]))
            ending = draw(st.sampled_from([")", f"|{other})", "|)"]))
            piece = (opening + inner + ending, sample)
        else:
            piece = draw(st.sampled_from(ATOMS))
        quantifier, times = draw(st.sampled_from(QUANTIFIERS))
        pieces.append((piece[0] + quantifier, piece[1] * times))
    return "".join(piece[0] for piece in pieces), "".join(piece[1] for piece in pieces)


@st.composite
def patterned(draw: st.DrawFn) -> tuple[str, str]:
    """The same, with anchors around it, for values that mean the same to all engines."""
    pattern, sample = draw(
        patterns().filter(
            lambda pair: pair[1].isascii() or not set("dDwWsSb") & set(pair[0].split("\\")[-1])
        )
    )
    begin, end = draw(st.sampled_from([("", ""), ("^", ""), ("", "$"), ("^(?:", ")$")]))
    return begin + pattern + end, sample


# Fields -----------------------------------------------------------------------------------------


@st.composite
def limits(draw: st.DrawFn, outer: str) -> Declaration:
    """Limits that leave something over; where a value is hard to find, with the value."""
    if outer in ("list", "dict", "str") and draw(st.booleans()):
        low = draw(st.integers(0, 3))
        both = {"min_length": low, "max_length": draw(st.integers(low, 9))}
        return {key: both[key] for key in draw(st.sets(st.sampled_from(sorted(both))))}
    if outer == "str" and draw(st.booleans()):
        pattern, sample = draw(patterned())
        if len(pattern) <= 200 and (
            sample.isascii() or not any(f"\\{letter}" in pattern for letter in "dDwWsSb")
        ):
            return {"pattern": pattern, "value": sample}
    if outer in ("int", "float") and draw(st.booleans()):
        number: st.SearchStrategy[float] = st.integers(-100, 100)
        if outer == "float":
            number = number | st.floats(-100, 100).map(lambda value: round(value, 3))
        lower, upper = sorted([draw(number), draw(number)])
        found: Declaration = {draw(st.sampled_from(["ge", "gt"])): lower}
        found |= {draw(st.sampled_from(["le", "lt"])): upper + 3}
        kept = draw(st.sets(st.sampled_from(sorted(found))))
        return {key: value for key, value in found.items() if key in kept}
    if outer in ("int", "float") and draw(st.booleans()):
        step = draw(st.sampled_from([1, 3, 5] if outer == "int" else [1, 3, 0.5, 0.25, 1.5]))
        return {"multiple_of": step, "value": step * draw(st.integers(-50, 50))}
    return {}


@st.composite
def fields(draw: st.DrawFn, *, optional: bool = True) -> Declaration:
    """A field that is neither an object nor a choice; those of arguments may be optional."""
    type_ = draw(st.sampled_from(LEAVES).flatmap(types))
    field: Declaration = {"type": type_} | draw(described())
    field |= draw(limits(outermost(type_)))
    leaf = innermost(type_)
    is_flat = type_.removesuffix(" | None") == f"list[{leaf}]"
    if is_flat and leaf in UNIQUE and draw(st.booleans()):
        field["unique"] = True
        field.pop("min_length", None)
    if outermost(type_) in ("list", "dict") and leaf in ("str", "int", "float"):
        # Values that fit are not looked for: there is a default that is empty, or none.
        items = {key: value for key, value in draw(limits(leaf)).items() if key != "value"}
        if items:
            field |= {"items": items}
            field.pop("min_length", None)
            if ("pattern" in items and optional) or draw(st.booleans()):
                empty: Any = [] if outermost(type_) == "list" else {}
                field["default" if optional else "example"] = empty
            return field
    return draw(exemplified(field, optional=optional))


@st.composite
def choices(draw: st.DrawFn, *, optional: bool = True) -> Declaration:
    """A field with choices."""
    texts_ = (lines() | st.sampled_from([" ", "a b"])).filter(str.isprintable)
    options = {
        "str": texts_,
        "int": st.integers(-(2**53), 2**53) | st.integers(0, 9),
        "bool": st.booleans(),
    }
    kinds = draw(st.lists(st.sampled_from(sorted(options)), min_size=1, max_size=3, unique=True))
    one = st.one_of(*(options[kind] for kind in kinds))
    found = draw(st.lists(one, min_size=1, max_size=9, unique_by=lambda each: (type(each), each)))
    field: Declaration = draw(described())
    if draw(st.booleans()):
        type_ = draw(types(" | ".join(kinds)))
        field = {"type": type_} | field
    elif draw(st.booleans()):
        found.insert(draw(st.integers(0, len(found))), None)
    field["enum"] = found
    type_ = full_type(field)
    if outermost(type_) in ("list", "dict"):
        field |= draw(limits(outermost(type_)))
    return draw(exemplified(field, optional=optional))


TAGS = ("circle", "Square", "a b", "2nd", "from", "{{ 7 * 7 }}", "'\"", "名前", "default")


def model_names() -> st.SearchStrategy[str]:
    return st.uuids().map(lambda uuid: f"M{uuid.hex}")


@st.composite
def one_of_several(draw: st.DrawFn, *, optional: bool, depth: int) -> Declaration:
    """An object, but for the tag that tells it from others."""
    found: Declaration = draw(described())
    if draw(st.booleans()):
        found["fields"] = draw(all_fields(optional=optional, depth=depth - 1, least=1))
    if draw(st.booleans()):
        found["additional"] = draw(st.booleans())
    if draw(st.booleans()):
        found["model"] = draw(model_names())
    return found


def with_tag(field: Declaration, tag: str) -> Fields:
    """Return the fields of one of several objects, with the one that tells it from others."""
    fields: Fields = field["one_of"][tag].get("fields", {})
    return {field["tag"]: {"enum": [tag]}} | fields


@st.composite
def objects(draw: st.DrawFn, *, optional: bool = True, depth: int = 1) -> Declaration:
    """A field with fields."""
    type_ = draw(types("object"))
    field: Declaration = draw(described())
    if type_ != "object" or draw(st.booleans()):
        field = {"type": type_} | field
    if draw(st.integers(0, 2)):
        field["fields"] = draw(all_fields(optional=optional, depth=depth - 1, least=1))
        if draw(st.booleans()):
            field["additional"] = draw(st.booleans())
    else:
        tags = draw(st.lists(st.sampled_from(TAGS), min_size=2, max_size=3, unique=True))
        field["tag"] = draw(st.sampled_from(["kind", "@type", "Sort of", "class"]))
        field["one_of"] = {
            tag: draw(one_of_several(optional=optional, depth=depth)) for tag in tags
        }
    if draw(st.booleans()):
        field["model"] = draw(model_names())
    if outermost(type_) in ("list", "dict"):
        field |= draw(limits(outermost(type_)))
    return draw(exemplified(field, optional=optional))


@st.composite
def exemplified(draw: st.DrawFn, field: Declaration, *, optional: bool) -> Declaration:
    """Add a default or an example, or neither."""
    value = field.pop("value", None)
    nullable = full_type(field).endswith(" | None")
    keys = ["default", *([] if nullable else ["example"])] if optional else ["example"]
    needed = optional and "pattern" in field and not nullable
    key = draw(st.sampled_from(keys if needed else [*keys, None]))
    # What may be left out makes a longer line of a type that is long.
    is_short = len(full_type(field)) < 24
    if key != "default" and is_short and not (optional and nullable) and draw(st.booleans()):
        field = field | {"required": draw(st.booleans())}
        if not field["required"] and not nullable and draw(st.booleans()):
            field["nullable"] = draw(st.booleans())
        if not field["required"] and draw(st.booleans()):
            key = None
    if key is None:
        return field
    if key == "default" and (
        {"fields", "one_of"} & field.keys() or innermost(full_type(field)) == "bytes"
    ):
        # Only null and what is empty.
        empty: Declaration = {"list": [], "dict": {}}
        outer = outermost(full_type(field))
        if full_type(field).endswith(" | None"):
            return field | {"default": None}
        if outer not in empty or field.get("min_length", 0):
            return field
        return field | {"default": empty[outer]}
    if value is None:
        found = values_of(field, optional=optional)
        if found.is_empty:
            return field
        value = draw(found)
    parts = value.values() if isinstance(value, dict) else value
    vague = isinstance(value, list | dict) and value and all(part in (None, {}) for part in parts)
    # A default of nulls alone is for mypy a list of None, and no list that may have others; one of
    # lists of anything is one of objects.
    nested = key == "default" and "any" in full_type(field) and full_type(field).count("[") > 1
    # One of several types that may be null is refused.
    several = " | " in innermost(full_type(field)) and isinstance(value, list | dict)
    nested = nested or (key == "default" and nullable and several)
    return field if (nullable and vague) or nested else field | {key: value}


@st.composite
def all_fields(draw: st.DrawFn, *, optional: bool = True, depth: int = 1, least: int = 0) -> Fields:
    """The arguments of a tool or, if they are not optional, the parts of its result."""
    found: Fields = {}
    single = draw(st.permutations(WORDS))
    odd = draw(st.permutations(ODD_NAMES))
    for index in range(draw(st.integers(least, 4))):
        kind = draw(st.sampled_from(["field", "field", "choice", "object"]))
        name = odd[index] if draw(st.integers(0, 2)) == 0 else single[index]
        if kind == "object" and depth:
            found[name] = draw(objects(optional=optional, depth=depth))
        elif kind == "choice":
            found[name] = draw(choices(optional=optional))
        else:
            name = name if name in odd else draw(names(2))
            found[name] = draw(fields(optional=optional))
    return found


# Shared types -----------------------------------------------------------------------------------


def with_ends(fields: Fields) -> Fields:
    """Return fields of which those may be left out whose values nobody would know."""
    found: Fields = {}
    for name, field in fields.items():
        ones = {tag: one | ({"fields": with_ends(one["fields"])} if "fields" in one else {})
                for tag, one in field.get("one_of", {}).items()}  # fmt: skip
        items = field.get("items", {})
        vague = "pattern" in {*field, *items} or ("unique" in field and "min_length" in field)
        found[name] = field | ({"one_of": ones} if ones else {})
        if "fields" in field:
            found[name]["fields"] = with_ends(field["fields"])
        if vague and "example" not in field:
            found[name]["required"] = False
    return found


@st.composite
def shared_types(draw: st.DrawFn, prefix: str = "") -> Declaration:
    """Types that use each other and themselves, each with an end."""
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True))
    names = [f"{prefix}{word.capitalize()}" for word in words]
    found: Declaration = {}
    for name in names:
        one: Declaration = draw(described())
        kind = draw(st.sampled_from(["fields", "fields", "one_of", "enum"]))
        if kind == "fields":
            one["fields"] = draw(parts_of_types(names))
            one |= draw(st.sampled_from([{}, {"additional": True}]))
        elif kind == "one_of":
            tags = draw(st.lists(st.sampled_from(TAGS), min_size=2, max_size=3, unique=True))
            one |= {
                "tag": "kind",
                "one_of": {tag: {"fields": draw(parts_of_types(names))} for tag in tags},
            }
        else:
            choice = draw(choices(optional=False))
            one["enum"] = [each for each in choice["enum"] if each is not None]
        found[name] = one
    return found


@st.composite
def parts_of_types(draw: st.DrawFn, names: list[str]) -> Fields:
    found = with_ends(draw(all_fields(optional=False, least=1)))
    for field in nested(found):
        field.pop("model", None)
    for name in draw(st.lists(st.sampled_from(names), max_size=2)):
        type_ = draw(
            st.sampled_from(["{}", "list[{}]", "dict[str, {}]", "{} | None", "list[{} | None]"])
        )
        required = draw(st.booleans()) and type_ != "{}"
        use = {"type": type_.format(name), "required": required} | draw(described())
        found[f"{name[-6:].lower()}_used"] = use
    return found


def nested(fields: Fields) -> Iterator[Declaration]:
    for field in fields.values():
        yield field
        yield from nested(field.get("fields", {}))
        for one in field.get("one_of", {}).values():
            yield one
            yield from nested(one.get("fields", {}))


# Schemas ----------------------------------------------------------------------------------------

PARTS: tuple[Declaration, ...] = (
    {}, {"type": "string"}, {"type": ["integer", "null"]}, {"enum": [1, "a", None]},
    {"$ref": "#/$defs/name"}, {"type": "array", "items": {"$ref": "#/$defs/name"}},
    {"oneOf": [{"type": "string", "pattern": "^[a-z]+\\\\?$"}, {"$ref": "#"}]},
    {"type": "number", "default": 1.5, "description": "天 \"{{ 7 * 7 }}\"\r\n\t'"},
)  # fmt: skip


@st.composite
def schemas(draw: st.DrawFn) -> Declaration:
    """Raw schemas of arguments, a result or both."""
    found: Declaration = {}
    for part in draw(st.sampled_from([("arguments",), ("result",), ("arguments", "result")])):
        keys = draw(st.lists(st.sampled_from([*WORDS, *ODD_NAMES]), max_size=3, unique=True))
        found[part] = {
            "type": "object",
            "properties": {key: draw(st.sampled_from(PARTS)) for key in keys},
            "required": keys[:1],
            "additionalProperties": draw(st.sampled_from([True, False, {"type": "integer"}])),
            "$defs": {"name": {"type": "string", "minLength": 1, "description": draw(texts())}},
        }
    return found


# Texts that need no code ------------------------------------------------------------------------

# What breaks lines, quotes, format strings and linters, or is wider or narrower than it looks.
CONTENT = (
    *TEXTS, " ", "\n", "a\r\nb\r\n", "  spaces  \n \n", "\ta\tb", "x" * 120, "{", "}}", "{a}",
    "{{0}}", "'" * 3, "\\N{DASH} \\{", "%s {!r} $x", "# noqa", "/tmp/x", "\u2028", "\xa0",  # noqa: S108
    "\ufeff", "select it from all, as set", "e\u0301" * 60, "ไทย" * 30, "مرحبا " * 12, "👍" * 40,
    "天地玄黄" * 30, "Привет, мир. " * 9, "'one' and \"two\" quotes. " * 7, "```\ncode\n```\n",
)  # fmt: skip


def content() -> st.SearchStrategy[str]:
    """A text of a resource or a message, many of about the width of a line."""
    signs = st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n\r\t")
    near = st.integers(60, 110).map(lambda size: ("ab cde 'f' " * 10)[:size])
    piece = st.sampled_from(CONTENT) | st.text(signs, max_size=30) | near
    return st.lists(piece, min_size=1, max_size=4).map("".join).filter(bool)


@st.composite
def messages(draw: st.DrawFn, names: list[str]) -> list[Declaration]:
    """Messages, with each of the arguments in one or more of them."""
    literal = content().map(lambda text: text.replace("{", "{{").replace("}", "}}"))
    found: list[Declaration] = []
    count = draw(st.integers(1, 3))
    for number in range(count):
        text = draw(literal)
        for name in names:
            if number == count - 1 or draw(st.booleans()):
                text += f"{draw(st.sampled_from(['', ' ', '{{']))}{{{name}}}{draw(literal)}"
        found.append({"role": draw(st.sampled_from(["user", "assistant"])), "text": text})
    return found


# Icons ------------------------------------------------------------------------------------------


@st.composite
def with_icons(draw: st.DrawFn) -> Declaration:
    """Icons, or mostly none."""
    if draw(st.integers(0, 2)):
        return {}
    sources = ("https://example.com/icon.png", f"https://example.com/{'a' * 99}?b='c'")
    sizes = st.lists(
        st.sampled_from(["any", "48x48", "99999x99999", "1x1"]), min_size=1, unique=True
    )
    icon = st.fixed_dictionaries(
        {"src": st.sampled_from([*sources, "data:image/svg+xml,%3Csvg/%3E"])},
        optional={
            "mime_type": st.sampled_from(["image/png", "image/svg+xml"]),
            "sizes": sizes,
            "theme": st.sampled_from(["light", "dark"]),
        },
    )
    return {"icons": draw(st.lists(icon, min_size=1, max_size=5))}


# Declarations -----------------------------------------------------------------------------------

CONTENTS = ("structured", "text", "image", "audio", "resource_links", "mixed", "none")


@st.composite
def hints(draw: st.DrawFn) -> list[str] | dict[str, bool]:
    """Hints of a tool, as a list or each with its value."""
    found = draw(st.lists(st.sampled_from(HINTS), unique=True))
    found = found if len({*found} & {*HINTS[:2]}) < 2 else found[:1]
    given = {hint: hint in found for hint in draw(st.permutations(HINTS))}
    return found if draw(st.booleans()) else given


def answers() -> st.SearchStrategy[Declaration]:
    """A result, content or nothing."""
    return st.one_of(
        st.just({}),
        all_fields(optional=False).map(lambda fields: {"result": fields}),
        st.sampled_from(CONTENTS).map(lambda content: {"content": content}),
    )


@st.composite
def additional(draw: st.DrawFn, tool: Declaration) -> Declaration:
    """Which parts of a tool may have more than their fields."""
    raw = tool.get("schema", {})
    structured = tool.get("content", "structured") == "structured"
    opened = [*([] if "arguments" in raw else ["arguments"])]
    opened += ["result"] if structured and "result" not in raw else []
    simple = [{"additional": True}, {"additional": False}] if "arguments" in opened else []
    lists = [{"additional": parts} for parts in (opened, opened[-1:]) if parts]
    return draw(st.sampled_from([{}, *simple, *lists]))


@st.composite
def tools(draw: st.DrawFn, *, least: int = 0, most: int = 3) -> list[Declaration]:
    """A list of tools."""
    found = []
    tool_names = draw(entry_names(least, most))
    for name in tool_names:
        tool: Declaration = {"name": name} | draw(described()) | draw(with_icons())
        if draw(st.booleans()):
            tool["title"] = draw(lines())
        if draw(st.booleans()):
            tool["hints"] = draw(hints())
        if draw(st.booleans()):
            tool["confirm"] = draw(lines())
        if draw(st.booleans()):
            tool["time_limit"] = draw(st.sampled_from([1, 0.5, 30, 3600, 2.25]))
        raw = draw(st.one_of(*[st.just({})] * 4, schemas()))
        tool |= {"schema": raw} if raw else {}
        if "arguments" not in raw and draw(st.booleans()):
            tool["arguments"] = draw(all_fields(optional=True))
            named = [name for name in tool["arguments"] if not {*name} & {*"{}"}]
            if draw(st.booleans()) and named and "confirm" in tool:
                tool["confirm"] = f"Do it with {{{draw(st.sampled_from(named))}}}?"
        if "result" not in raw:
            tool |= draw(answers())
        tool |= draw(additional(tool))
        keys = draw(st.permutations(list(tool)))
        found.append({key: tool[key] for key in keys})
    return found


PROMPT_ARGUMENTS = ("toWhom", "id", "context", "in-language", "format", "2nd", "größe")
PARAMETERS = ("note_id", "page", "language", "path", "a", "b_1", "json", "copy", "x" * 30)
VARIABLES = (
    *PARAMETERS,
    "orderId",
    "from",
    "context",
    "2nd",
    "X",
    "a.b",
    "VariableOfManyWords" * 2,
)
MIME_TYPES = (
    "text/plain", "text/markdown", "application/json", "application/vnd.api+json", "image/png",
    "application/octet-stream",
)  # fmt: skip


@st.composite
def uris(draw: st.DrawFn) -> str:
    """A URI, or a template; each part is one that can stand next to each other."""
    variables = iter(draw(st.permutations(VARIABLES)))
    scheme = draw(st.sampled_from(["notes://", "x-1+y.z:", "https://example.com/", "file:///a/"]))
    whole = draw(st.booleans())
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        operator = draw(st.sampled_from(["", "", "+", "#", ".", "/", ";", "/*", ".*", ";*"]))
        one = operator.endswith("*") or operator in ("+", "#")
        if one and not whole:
            continue
        whole = whole and not one
        count = 1 if one else draw(st.integers(1, 2))
        inner = ",".join(next(variables) for _ in range(count)) + operator[1:]
        parts.append(
            f"{draw(st.sampled_from(['a', 'b-c/', '%20', 'd.']))}{{{operator[:1]}{inner}}}"
        )
    query = draw(st.sampled_from(["", "", "?a=b", "#top", "{?q}", "{?q,r}", "{?q}{&r}", "{&q}"]))
    return scheme + "".join(parts) + draw(st.sampled_from(["", "z", "/é".encode().hex()])) + query


@st.composite
def resources(draw: st.DrawFn, *, least: int = 0, most: int = 3) -> list[Declaration]:
    """A list of resources and templates."""
    found = []
    for index, name in enumerate(draw(entry_names(least, most, free_name))):
        uri = draw(uris() | uris().map(lambda uri: re.sub("[{].*?[}]", "", uri)))
        scheme, rest = uri.split(":", 1)
        entry: Declaration = {"uri": f"{scheme}{index}:{rest or 'x'}", "name": name}
        entry |= draw(with_icons())
        optional = {
            "title": draw(lines()),
            "description": draw(texts()),
            "mime_type": draw(st.sampled_from(MIME_TYPES)),
        }
        if "{" not in uri:
            optional["text"] = draw(content())
        kept = draw(st.sets(st.sampled_from(sorted(optional))))
        found.append(entry | {key: optional[key] for key in sorted(kept)})
    return found


@st.composite
def prompts(draw: st.DrawFn, *, least: int = 0, most: int = 3) -> list[Declaration]:
    """A list of prompts."""
    found = []
    for name in draw(entry_names(least, most, free_name)):
        entry: Declaration = {"name": name} | draw(described()) | draw(with_icons())
        if draw(st.booleans()):
            entry["title"] = draw(lines())
        if draw(st.booleans()):
            known = st.sampled_from(PARAMETERS + PROMPT_ARGUMENTS)
            used = draw(st.lists(known, max_size=3, unique=True))
            entry["arguments"] = {
                argument: draw(described())
                | draw(st.sampled_from([{}, {"required": True}, {"required": False}]))
                for argument in used
            }
        if draw(st.booleans()):
            entry["messages"] = draw(messages(list(entry.get("arguments", {}))))
        found.append(entry)
    return found


# Mistakes ---------------------------------------------------------------------------------------

WRONG: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.5, float("inf"), float("nan"), 2**53 + 1, "", " ", "x", "X",
    "id", "a b", "a\x00b", "\ud800", "class", "integer", "str", "int", "list[int]", "str | None",
    "x\n", "datetime", "2026-02-30", "read_only", [], [1], ["a"], [None], {}, {"a": 1}, {1: 2},
    b"x", {"y"}, dt.date(2026, 1, 1), "(", "[a", "^a$", "notes://{a}{b}", "x:{a*}", "a" * 2001,
)  # fmt: skip
KEYS: tuple[Any, ...] = (
    "name", "title", "description", "hints", "arguments", "result", "confirm", "time_limit",
    "type", "default", "items", "unique", "model", "scopes", "schema", "content", "additional",
    "text", "role", "messages", "icons", "src", "sizes", "theme",
    "example", "enum", "fields", "one_of", "tag", "min_length", "max_length", "pattern", "ge",
    "gt", "le", "lt", "multiple_of", "uri", "mime_type", "required", "nullable", "minLength",
    "model_x", "copy", 1, None, True,
    *keyword.kwlist[::7],
)  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container with each of its keys."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, part in list(items):
        yield value, key
        yield from places(part)


@st.composite
def mistakes(draw: st.DrawFn, valid: Callable[..., st.SearchStrategy[Any]]) -> Any:
    """Something valid with one change, which may leave it valid."""
    value = copy.deepcopy(draw(valid(least=1, most=2)))
    found = list(places(value))
    container, key = found[draw(st.integers(0, len(found) - 1))]
    change = draw(st.sampled_from(["replace", "replace", "remove", "rename", "add", "twice"]))
    if change == "replace":
        container[key] = draw(st.sampled_from(WRONG))
    elif change == "remove":
        del container[key]
    elif change == "twice" and isinstance(container, list):
        container.append(copy.deepcopy(container[key]))
    elif isinstance(container, dict):
        new = draw(st.sampled_from(KEYS))
        container[new] = container.pop(key) if change == "rename" else draw(st.sampled_from(WRONG))
    return value
