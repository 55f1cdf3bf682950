"""What an API answers: as the result of a tool, or as an error that a model can read."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import Any, Literal, NamedTuple, TypeIs, get_args, get_origin
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import from_json, to_json

from ..errors import ToolError, shorten
from ..http_client.auth import EXTENSION
from ..limits import MAX_ELEMENTS, STRING, elements
from ..models import describe_errors, validate_arguments

MAX_ERROR_BYTES = 64 * 1024  # Of an error; nothing is told of a larger one.
MAX_SAID = 500  # Characters of an error that a model gets to read.
MAX_SHOWN = 5  # Characters in a row of a secret, as in `…f3c9` of an API that masks it.
SECRETS = "secrets"  # The extension of a request with the secrets in it.
_MISMATCH = "The API answered something else than it declares"


class ApiAnswer:
    """An answer without an error."""

    def __init__(self, request: str, response: httpx2.Response) -> None:
        self._request, self._response = request, response

    @property
    def headers(self) -> httpx2.Headers:
        """Return the headers, such as `Location` and `Link`."""
        return self._response.headers

    @property
    def text(self) -> str:
        """Return the answer as it is."""
        return _text(self._response)

    def json[ModelT: BaseModel](self, model: type[ModelT], *, field: str | None = None) -> ModelT:
        """Return the answer as a model, or as this field of it.

        Parts that the model does not name are left out: APIs add some over time. So are those that
        are null and may be left out.

        Raises:
            ToolError: the answer is no JSON, too much of it, or something else than the model.
        """
        if _has_excess_elements(self._response.content):
            text = f"{self._request} answered more than {MAX_ELEMENTS:,} elements; ask for fewer."
            raise ToolError(text)
        try:
            value = from_json(self._response.content, allow_inf_nan=False)
            from_json(to_json(value), allow_inf_nan=False)  # 1e999 has become infinite.
        except ValueError as error:
            text = f"{self._request} answered {_status(self._response)} without JSON."
            raise ToolError(text) from error
        if field is not None:
            value = {field: value}
        if not isinstance(value, dict):
            raise ToolError(f"{_MISMATCH}: it is no object.")
        try:
            return validate_arguments(model, _named(value, _plan(model)))
        except ValidationError as error:
            problems = "; ".join(describe_errors(error))
            raise ToolError(f"{_MISMATCH}: {problems}.") from error


def error_text(request: str, response: httpx2.Response) -> str:
    """Return what failed, and what the API says of it: not what it was asked with.

    Nothing of an answer about the credentials, which may have parts of them.
    """
    text = f"{request} answered {_status(response)}"
    kind = response.headers.get("Content-Type", "").lower()
    is_told = (
        response.status_code not in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN)
        and "html" not in kind
        and len(response.content) <= MAX_ERROR_BYTES
    )
    secrets = {*_secrets(response.request)}
    said = _without(secrets, _text(response)) if is_told else ""
    said = " ".join(_without_parts(secrets, said[: 2 * MAX_SAID]).split())
    return f"{text}: {shorten(said, MAX_SAID)}" if said else f"{text}."


def _text(response: httpx2.Response) -> str:
    """Return the text of an answer, as UTF-8 where its charset does not fit."""
    try:
        text = response.text
        text.encode()  # Some charsets have surrogates, which no JSON can hold.
    except ValueError:
        return response.content.decode(errors="replace")
    return text


def _has_excess_elements(content: bytes) -> bool:
    """Return whether an answer has more elements than a request may have."""
    if elements(content) <= MAX_ELEMENTS:
        return False
    bare, strings = STRING.subn(b"", content, 2 * MAX_ELEMENTS)
    return strings == 2 * MAX_ELEMENTS or elements(bare) > MAX_ELEMENTS


def _status(response: httpx2.Response) -> str:
    code = response.status_code
    return f"{code} {httpx2.codes.get_reason_phrase(code)}".rstrip()


def _secrets(request: httpx2.Request) -> Iterator[str]:
    """Yield the credentials of a request, which some APIs repeat."""
    yield from request.extensions.get(SECRETS, ())
    if auth := request.extensions.get(EXTENSION):
        for _, value in auth.headers_for(request.url):
            yield value.decode()
            yield value.decode().partition(" ")[2]  # Without the scheme.


def _without(secrets: Iterable[str], text: str) -> str:
    """Hide secrets in a text, also as JSON, HTML, and URLs write them."""
    # The whole first: of a run of backslashes each could be half of an escaped one.
    patterns = [
        f"{re.escape(secret)}|{''.join(map(_spellings, secret))}"
        for secret in sorted(set(secrets), key=len, reverse=True)
        if secret
    ]
    return re.sub("|".join(patterns), "…", text, flags=re.IGNORECASE) if patterns else text


def _without_parts(secrets: Iterable[str], text: str) -> str:
    """Hide what is left of secrets that an API has cut or masked, but for a few characters."""
    size = MAX_SHOWN + 1
    bare = [secret for secret in secrets if not secret.startswith(("Basic ", "Bearer "))]
    parts = {
        secret[start : start + size] for secret in bare for start in range(len(secret) - MAX_SHOWN)
    }
    starts = [start for start in range(len(text)) if text[start : start + size] in parts]
    hidden = {place for start in starts for place in range(start, start + size)}
    runs = groupby(range(len(text)), hidden.__contains__)
    return "".join(
        "…" if is_hidden else "".join(text[place] for place in places) for is_hidden, places in runs
    )


def _spellings(one: str) -> str:
    """Return a pattern for a character as it is and as it may be escaped."""
    if one.isascii() and one.isalnum():
        return one
    code = ord(one)
    found = {one, f"\\{one}", f"\\u{code:04x}", json.dumps(one)[1:-1]}
    found |= {html.escape(one), f"&#{code};", f"&#x{code:x};", quote(one, safe="")}
    longest_first = sorted(map(re.escape, found), key=len, reverse=True)
    return f"(?>{'|'.join(longest_first)})"


class _Plan(NamedTuple):
    """Where in a type there are models: in its items, in its values, or they are the type."""

    items: "_Plan | None"
    values: "_Plan | None"
    models: tuple[type[BaseModel], ...]


class _Members(NamedTuple):
    """What a model names, with the constants that tell it from others."""

    plans: dict[Any, _Plan | None]
    tags: dict[Any, Any]
    optional: set[Any]
    has_more: bool


def _named(value: Any, plan: _Plan | None) -> Any:
    """Leave out of a value what the models in a type do not name, unless they allow more."""
    if plan is None:
        return value
    if isinstance(value, list) and plan.items:
        return [_named(item, plan.items) for item in value]
    if isinstance(value, dict) and plan.values:
        return {name: _named(part, plan.values) for name, part in value.items()}
    if not isinstance(value, dict) or not plan.models:
        return value
    model = next((one for one in plan.models if _has_tags(value, one)), plan.models[0])
    members = _members(model)
    return {
        name: _named(part, members.plans.get(name))
        for name, part in value.items()
        if (members.has_more or name in members.plans)
        and (part is not None or name not in members.optional)
    }


def _has_tags(value: dict[str, Any], model: type[BaseModel]) -> bool:
    return all((value.get(name),) == tag for name, tag in _members(model).tags.items())


def _plan(kind: Any) -> _Plan | None:
    """Return the plan of a type, or nothing where it has no model."""
    types = list(_alternatives(kind))
    items = (_plan(get_args(one)[0]) for one in types if get_origin(one) is list)
    values = (_plan(get_args(one)[1]) for one in types if get_origin(one) is dict)
    plan = _Plan(
        next(filter(None, items), None),
        next(filter(None, values), None),
        tuple(one for one in types if _is_model(one)),
    )
    return plan if any(plan) else None


@cache
def _members(model: type[BaseModel]) -> _Members:
    named = {field.validation_alias or name: field for name, field in model.model_fields.items()}
    fields = {name: field.annotation for name, field in named.items()}
    return _Members(
        {name: _plan(kind) for name, kind in fields.items()},
        {name: get_args(kind) for name, kind in fields.items() if _is_constant(kind)},
        {name for name, field in named.items() if not field.is_required()},
        model.model_config.get("extra") == "allow",
    )


def _alternatives(kind: Any) -> Iterator[Any]:
    """Yield the types that a type consists of, but for those inside of lists and mappings."""
    yield kind
    if get_origin(kind) not in (list, dict):
        for part in get_args(kind):
            yield from _alternatives(part)


def _is_constant(kind: Any) -> bool:
    return get_origin(kind) is Literal and len(get_args(kind)) == 1


def _is_model(kind: Any) -> TypeIs[type[BaseModel]]:
    is_class = isinstance(kind, type)
    return is_class and issubclass(kind, BaseModel) and not issubclass(kind, RootModel)
