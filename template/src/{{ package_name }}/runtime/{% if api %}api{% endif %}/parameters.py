"""Values in paths, queries, headers and cookies, in the styles of OpenAPI."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from pydantic_core import to_json, to_jsonable_python

from ..errors import ToolError

type Encoded = str | list[str] | dict[str, str]
type Styles = Mapping[str, str]

MAX_VALUE_BYTES = 64 * 1024  # Of all values in one place, but for bodies; no longer URL is sent.

_DELIMITERS = {"form": ",", "deepObject": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}
_SEPARATORS = {"simple": ",", "label": ".", "matrix": ";"}


def expand_path(template: str, values: Mapping[str, Any], styles: Styles) -> str:
    """Return the path with each value in the place of its name.

    Raises:
        ToolError: a value is null, empty or too long, or has a part that leads to another path.
    """
    _check_length("path", values)

    def expand(match: re.Match[str]) -> str:
        name = match[1]
        given = values[name]
        value = _encoded(given, _quoted)
        style = styles.get(name, "simple")
        part = _in_path(_quoted(name), value, style)
        has_null = given is None or (isinstance(given, list) and None in given)
        # Some servers decode a path before they look for `..` in it.
        leads_away = {".", ".."} & {*re.split(r"[/\\]", unquote(part))}
        if not value or not part or has_null or leads_away:
            text = "Input should be one part of a path, so not empty, null, . or .."
            raise ToolError(f"{name}: {text}")
        return part

    return re.sub(r"\{([^{}]*)\}", expand, template)


def query_string(values: Mapping[str, Any], styles: Styles) -> str:
    """Return what stands behind the question mark.

    Raises:
        ToolError: it would be too long.
    """
    _check_length("query", values)
    return "&".join(_all_pairs(values, styles))


def header_lines(
    headers: Mapping[str, Any], cookies: Mapping[str, Any], styles: Styles
) -> list[tuple[bytes, bytes]]:
    """Return the headers, and the one that has the cookies.

    Raises:
        ToolError: a value has characters that would end its header, or is too long.
    """
    _check_length("headers", headers)
    _check_length("cookies", cookies)
    lines = [(b"Accept", b"application/json, */*;q=0.5")]
    for name, value in headers.items():
        encoded = _encoded(value, str)
        if value is None or encoded in ([], {}):
            continue
        text = _joined(encoded, ",", exploded=styles.get(name, "").endswith("*")).strip()
        if any(ord(one) < 32 or ord(one) == 127 for one in text):
            raise ToolError(f"{name}: Input should have no line ends and no control characters")
        lines = [line for line in lines if line[0].lower() != name.lower().encode()]
        lines.append((name.encode(), text.encode()))
    pairs = list(_all_pairs(cookies, styles))
    return [*lines, (b"Cookie", "; ".join(pairs).encode())] if pairs else lines


def form_content(value: Any) -> bytes:
    """Return an object as forms have it.

    Raises:
        ToolError: it is no object.
    """
    fields = to_jsonable_python(value, by_alias=True, exclude_none=True)
    if not isinstance(fields, dict):
        raise ToolError("The body should be an object: it is sent as a form.")
    return "&".join(_all_pairs(fields, {})).encode()


def _check_length(place: str, values: Mapping[str, Any]) -> None:
    # Before they are encoded, which takes far longer.
    if len(to_json(values, by_alias=True, bytes_mode="base64")) > MAX_VALUE_BYTES:
        raise ToolError(
            f"The arguments for the {place} of a request should have "
            f"at most {MAX_VALUE_BYTES:,} bytes together"
        )


def _all_pairs(values: Mapping[str, Any], styles: Styles) -> Iterator[str]:
    for name, value in values.items():
        yield from _pairs(name, value, styles.get(name, "form*"))


def _in_path(name: str, value: Encoded, style: str) -> str:
    kind, exploded = style.removesuffix("*"), style.endswith("*")
    separator = _SEPARATORS[kind]
    prefix = "" if kind == "simple" else separator
    if exploded and kind == "matrix" and isinstance(value, list):
        return prefix + separator.join(f"{name}={item}" for item in value)
    if exploded and not isinstance(value, str):
        return prefix + _joined(value, separator, exploded=True)
    return prefix + (f"{name}=" if kind == "matrix" else "") + _joined(value, ",")


def _pairs(name: str, value: Any, style: str) -> Iterator[str]:
    """Yield what stands between two ampersands; of null, and of what is empty, nothing."""
    kind, exploded = style.removesuffix("*"), style.endswith("*")
    encoded = _encoded(value, _quoted)
    name = _quoted(name)
    if value is None or encoded in ([], {}):
        return
    if kind == "deepObject":
        yield from _deep(name, to_jsonable_python(value, by_alias=True, exclude_none=True))
    elif exploded and isinstance(encoded, dict):
        yield from (f"{part}={item}" for part, item in encoded.items())
    elif exploded and isinstance(encoded, list):
        yield from (f"{name}={item}" for item in encoded)
    else:
        yield f"{name}={_joined(encoded, _DELIMITERS[kind])}"


def _deep(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part, item in value.items():
            yield from _deep(f"{name}%5B{_quoted(part)}%5D", item)
    elif isinstance(value, list):
        for item in value:
            yield from _deep(name, item)
    elif value is not None:
        yield f"{name}={_quoted(as_text(value))}"


def _joined(value: Encoded, delimiter: str, *, exploded: bool = False) -> str:
    if isinstance(value, dict):
        between = "=" if exploded else delimiter
        return delimiter.join(f"{part}{between}{item}" for part, item in value.items())
    return delimiter.join(value) if isinstance(value, list) else value


def _encoded(value: Any, encode: Callable[[str], str]) -> Encoded:
    plain = to_jsonable_python(value, by_alias=True, exclude_none=True)
    if isinstance(plain, dict):
        given = {part: item for part, item in plain.items() if item is not None}
        return {encode(part): encode(as_text(item)) for part, item in given.items()}
    if isinstance(plain, list):
        return [encode(as_text(item)) for item in plain]
    return encode(as_text(plain))


def as_text(value: Any) -> str:
    """Return a value as it stands in a URL or a text: texts as they are, all else as JSON."""
    plain = to_jsonable_python(value, by_alias=True)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _quoted(text: str) -> str:
    return quote(text, safe="")
