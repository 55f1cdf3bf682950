"""What an API answers: as the result of a tool, or as an error that a model can read."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, TypeIs, get_args, get_origin

import httpx2
from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import from_json

from ..errors import ToolError, shorten
from ..http_client.auth import EXTENSION
from ..models import describe_errors, validate_arguments

MAX_SAID = 500  # Characters of an error that a model gets to read.
SECRETS = "secrets"  # The extension of a request with the secrets in it.
_MISMATCH = "The API answered something else than it declares"


class ApiAnswer:
    """An answer without an error."""

    def __init__(self, request: str, response: httpx2.Response) -> None:
        self._request, self._response = request, response

    @property
    def text(self) -> str:
        """Return the answer as it is."""
        return self._response.text

    def json[ModelT: BaseModel](self, model: type[ModelT], *, field: str | None = None) -> ModelT:
        """Return the answer as a model, or as this field of it.

        Parts that the model does not name are left out: APIs add some over time. So are those that
        are null and may be left out.

        Raises:
            ToolError: the answer is no JSON, or something else than the model.
        """
        try:
            value = from_json(self._response.content, allow_inf_nan=False)
        except ValueError as error:
            text = f"{self._request} answered {_status(self._response)} without JSON."
            raise ToolError(text) from error
        if field is not None:
            value = {field: value}
        if not isinstance(value, dict):
            raise ToolError(f"{_MISMATCH}: it is no object.")
        try:
            return validate_arguments(model, _named(value, model))
        except ValidationError as error:
            problems = "; ".join(describe_errors(error))
            raise ToolError(f"{_MISMATCH}: {problems}.") from error


def error_text(request: str, response: httpx2.Response) -> str:
    """Return what failed, and what the API says of it: not what it was asked with."""
    text = f"{request} answered {_status(response)}"
    kind = response.headers.get("Content-Type", "").lower()
    said = "" if "html" in kind else response.text
    for secret in filter(None, _secrets(response.request)):
        said = said.replace(secret, "…")
    said = " ".join(said[: 2 * MAX_SAID].split())
    return f"{text}: {shorten(said, MAX_SAID)}" if said else f"{text}."


def _status(response: httpx2.Response) -> str:
    code = response.status_code
    return f"{code} {httpx2.codes.get_reason_phrase(code)}".rstrip()


def _secrets(request: httpx2.Request) -> Iterator[str]:
    """Yield the credentials of a request, which some APIs repeat."""
    yield from request.extensions.get(SECRETS, ())
    if auth := request.extensions.get(EXTENSION):
        for _, value in auth.headers_for(request.url):
            yield value.decode().rpartition(" ")[2]


def _named(value: Any, kind: Any) -> Any:
    """Leave out of a value what the models in a type do not name, unless they allow more."""
    if not _has_model(kind):
        return value
    types = list(_alternatives(kind))
    for one in types:
        if isinstance(value, list) and get_origin(one) is list:
            return [_named(item, get_args(one)[0]) for item in value]
        if isinstance(value, dict) and get_origin(one) is dict:
            return {name: _named(part, get_args(one)[1]) for name, part in value.items()}
    models = [one for one in types if _is_model(one)]
    if not isinstance(value, dict) or not models:
        return value
    model = next((one for one in models if _has_tags(value, one)), models[0])
    fields, more = _fields(model), model.model_config.get("extra") == "allow"
    return {
        name: _named(part, fields.get(name))
        for name, part in value.items()
        if (more or name in fields) and (part is not None or name not in _optional(model))
    }


def _alternatives(kind: Any) -> Iterator[Any]:
    """Yield the types that a type consists of, but for those inside of lists and mappings."""
    yield kind
    if get_origin(kind) not in (list, dict):
        for part in get_args(kind):
            yield from _alternatives(part)


def _has_tags(value: dict[str, Any], model: type[BaseModel]) -> bool:
    """Return whether a value has the constants of a model, which tell it from others."""
    tags = {name: get_args(kind) for name, kind in _fields(model).items() if _is_constant(kind)}
    return all((value.get(name),) == tag for name, tag in tags.items())


def _is_constant(kind: Any) -> bool:
    return get_origin(kind) is Literal and len(get_args(kind)) == 1


def _has_model(kind: Any) -> bool:
    return _is_model(kind) or any(_has_model(part) for part in get_args(kind))


def _is_model(kind: Any) -> TypeIs[type[BaseModel]]:
    is_class = isinstance(kind, type)
    return is_class and issubclass(kind, BaseModel) and not issubclass(kind, RootModel)


@cache
def _fields(model: type[BaseModel]) -> dict[Any, Any]:
    fields = model.model_fields.items()
    return {field.validation_alias or name: field.annotation for name, field in fields}


@cache
def _optional(model: type[BaseModel]) -> frozenset[Any]:
    fields = model.model_fields.items()
    return frozenset(
        field.validation_alias or name for name, field in fields if not field.is_required()
    )
