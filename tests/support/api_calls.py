"""Tools that call an API, which nobody wrote, and the requests that they should send.

What a request should be does not come from the template: `uritemplate` expands the styles that are
those of RFC 6570, and the ones that OpenAPI adds are written out.
"""

import json
import re
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from uritemplate import expand

type Declaration = dict[str, Any]
type Values = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
WITH_BODY = ("put", "post", "patch")
# Of those the last is the whole of what is exploded.
STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
NAMES = ("one", "toWhom", "two_words", "3rd", "$top", "from", "größe", "a.b", "json", "context")
"""What arguments are called."""
CALLED = {
    "path": ("petId", "pet-id", "q.x", "größe", "a b"),
    "query": ("filter", "tags[]", "$skip", "two words", "größer", "q&a=1", "x'y"),
    "header": ("X-Trace", "x_id", "If-Match", "Prefer"),
    "cookie": ("session", "c-1", "c_2"),
    "property": ("petName", "c d", "größtes", "$ref", 'x"y'),
}
"""What an API calls them."""
CONTENT_TYPES = ("application/merge-patch+json", "application/vnd.a_b.v2+json; charset=utf-8")

TYPES: dict[str, st.SearchStrategy[Any]] = {
    "str": st.sampled_from(
        ["blue", "a b", "a/b?c#d&e=f", "%2F", "天", "it's", '"', "a,b;c", "~-._"]
    ),
    "int": st.integers(-(2**53), 2**53),
    "bool": st.booleans(),
    "date": st.dates().map(str),
    "decimal": st.sampled_from(["12.50", "-1"]),
}
TYPES |= {
    "list[str]": st.lists(TYPES["str"], min_size=1, max_size=3),
    "list[int]": st.lists(TYPES["int"], min_size=1, max_size=3),
    "dict[str, str]": st.dictionaries(
        st.sampled_from(["B", "G", "R", "a b"]), TYPES["str"], min_size=1
    ).map(lambda found: dict(sorted(found.items()))),
    "object": st.builds(
        lambda green, red: {"G": green, "R": red}, TYPES["str"], st.integers(0, 255)
    ),
}
# `uritemplate` sorts names, in whose order there is no meaning.
FIELDS = {
    "G": {"type": "str", "description": "Green."},
    "R": {"type": "int", "description": "Red."},
}
HOW = ("there", "there", "default", "left out", "null", "no null")


@st.composite
def argument(draw: st.DrawFn, place: str) -> tuple[Declaration, list[Any]]:
    """The field of an argument, and its value if a call has one."""
    kind = draw(st.sampled_from(sorted(TYPES)))
    value = draw(TYPES[kind])
    field: Declaration = {"type": kind, "description": "What."}
    if kind == "object":
        field["fields"] = FIELDS
    how = "there" if place == "path" else draw(st.sampled_from(HOW))
    if how == "default" and kind in ("str", "int", "bool", "list[str]"):
        return field | {"default": value}, []
    if how == "left out":
        return field | {"required": False}, []
    if how in ("null", "no null"):
        return field | {"type": f"{kind} | None"}, [None if how == "null" else value]
    return field, [value]


@st.composite
def calls(draw: st.DrawFn) -> tuple[Declaration, Values]:
    """A tool with `http`, and arguments of a call."""
    method = draw(st.sampled_from(METHODS))
    body = draw(st.sampled_from(["json", "form"])) if method in WITH_BODY else "json"
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    free = {place: list(draw(st.permutations(called))) for place, called in CALLED.items()}
    arguments: dict[str, Declaration] = {}
    places: dict[str, Declaration] = {}
    values: Values = {}
    path = "/v2"
    for name in names:
        kinds = [place for place in CALLED if place != "property" or method in WITH_BODY]
        place = draw(st.sampled_from(kinds))
        arguments[name], sent = draw(argument(place))
        if sent:
            values[name] = sent[0]
        where: Declaration = {"in": place}
        if place != "property" or draw(st.booleans()):
            where["name"] = free[place].pop()
        if place == "path":
            path += f"/{{{where['name']}}}"
        if place in STYLES and draw(st.booleans()):
            where["style"] = draw(st.sampled_from(STYLES[place]))
        if place in STYLES and draw(st.booleans()):
            where["explode"] = draw(st.booleans())
        places[name] = where
    http = {"method": method, "path": path, "arguments": places}
    if method in WITH_BODY:
        http["body"] = body
        if body == "json" and draw(st.booleans()):
            http["content_type"] = draw(st.sampled_from(CONTENT_TYPES))
    return {"name": "find", "arguments": arguments, "content": "none", "http": http}, values


# What should be sent -----------------------------------------------------------------------------

EXPRESSIONS = {"simple": "{%s}", "label": "{.%s}", "matrix": "{;%s}", "form": "{?%s}"}
DELIMITERS = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}


def request(tool: Declaration, values: Values) -> dict[str, Any]:
    """Return the parts of the request: path, query, headers, cookies and the body."""
    http = tool["http"]
    sent: dict[str, Any] = {"path": http["path"], "query": [], "header": {}, "cookie": []}
    properties: Values = {}
    for name, field in tool["arguments"].items():
        where = http["arguments"][name]
        value = values.get(name, field.get("default"))
        place, called = where["in"], where.get("name", name)
        if value is None:
            continue
        if place == "property":
            properties[called] = value
            continue
        style = where.get("style", STYLES[place][0])
        exploded = where.get("explode", style in ("form", "deepObject"))
        if place == "path":
            sent["path"] = sent["path"].replace(
                f"{{{called}}}", expanded(style, called, value, exploded)
            )
        elif place == "header":
            sent["header"][called] = plain(value, exploded)
        else:
            sent[place] += pairs(style, called, value, exploded)
    has_properties = any(where["in"] == "property" for where in http["arguments"].values())
    if has_properties and http.get("body") == "form":
        parts = [pairs("form", called, value, True) for called, value in properties.items()]
        return sent | {"body": [pair for part in parts for pair in part]}
    return sent | {"body": properties if has_properties else None}


def in_url(value: Any) -> Any:
    """Return a value whose parts are texts, as JSON writes them."""
    if isinstance(value, dict):
        return {name: in_url(part) for name, part in value.items()}
    if isinstance(value, list):
        return [in_url(part) for part in value]
    return value if isinstance(value, str) else json.dumps(value)


def expanded(style: str, called: str, value: Any, exploded: bool) -> str:
    """Expand an expression of RFC 6570, whose names are not all that OpenAPI allows."""
    text = EXPRESSIONS[style] % ("NAME*" if exploded else "NAME")
    found: str = expand(text, {"NAME": in_url(value)})
    return re.sub(r"(?<=[?&;])NAME(?==)", quote(called, safe=""), found)


def pairs(style: str, called: str, value: Any, exploded: bool) -> list[str]:
    """Return what stands between the ampersands of a query."""
    name, parts = quote(called, safe=""), in_url(value)
    if style == "deepObject" and isinstance(parts, dict):
        return [f"{name}%5B{quote(part)}%5D={quote(one, safe='')}" for part, one in parts.items()]
    if style in DELIMITERS and not exploded and not isinstance(parts, str):
        flat = [one for pair in parts.items() for one in pair] if isinstance(parts, dict) else parts
        return [f"{name}={DELIMITERS[style].join(quote(one, safe='') for one in flat)}"]
    return (
        expanded("form", called, value, exploded or style == "deepObject")
        .removeprefix("?")
        .split("&")
    )


def plain(value: Any, exploded: bool) -> str:
    """Return a value as a header has it: in the style `simple`, without what a URL escapes."""
    parts = in_url(value)
    if isinstance(parts, dict):
        between = "=" if exploded else ","
        return ",".join(f"{name}{between}{one}" for name, one in parts.items())
    return ",".join(parts) if isinstance(parts, list) else str(parts)
