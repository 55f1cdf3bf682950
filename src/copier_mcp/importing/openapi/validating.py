"""Asks openapi-spec-validator whether a document is one, without reading or computing more."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

from jsonschema.exceptions import ValidationError, best_match
from jsonschema_path import SchemaPath
from openapi_spec_validator.shortcuts import SPEC2VALIDATOR
from openapi_spec_validator.validation import keywords
from openapi_spec_validator.versions.exceptions import OpenAPIVersionNotFound
from openapi_spec_validator.versions.shortcuts import get_spec_version
from referencing.exceptions import Unresolvable

from copier_mcp.importing.failures import UnreadableError, first_line
from copier_mcp.importing.openapi.documents import Documents, Place
from copier_mcp.importing.openapi.losses import Losses
from copier_mcp.importing.raw import pointer, references

TOO_DEEP = "its references lead to each other without end, or too deep; correct them."
MAX_MISTAKES = 100
"""Of so many the one that says most is shown."""
SCHEMAS = ("/components/schemas/", "/definitions/")
ENDLESS = "refers to itself without end; correct it"


def validate(root: Place, losses: Losses) -> str:
    """Return the version of a document, as in `3.1`; what is nothing but itself is lost.

    Raises:
        UnreadableError: It is no OpenAPI document; the message says its first mistake.
    """
    name = root.documents.name(root.url)
    try:
        version = get_spec_version(root.value)
    except (OpenAPIVersionNotFound, TypeError, ValueError) as error:
        raise UnreadableError(
            f"{name}: is no OpenAPI document that can be read: it has no openapi: 3.0.x, 3.1.x or "
            "3.2.x and no swagger: 2.0."
        ) from error
    try:
        said = _mistake(root, _validator(SPEC2VALIDATOR[version]), losses)
    except Unresolvable as error:
        # A pointer comes without its sign.
        reference = f"#{error.ref}" if str(error.ref).startswith("/") else str(error.ref)
        raise root.documents.unresolvable(reference) from error
    except RecursionError as error:
        raise UnreadableError(f"{name}: {TOO_DEEP}") from error
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
        # What the validator expects, and does not say.
        raise UnreadableError(f"{name}: is no valid OpenAPI document: {error!r}") from error
    if said:
        raise UnreadableError(f"{name}: is no valid OpenAPI document: {said}")
    return f"{version.major}.{version.minor}"


def _mistake(root: Place, validator: Any, losses: Losses) -> str:
    """Return what is wrong with the form of a document, or else with what it says."""
    if found := best_match(
        islice(validator.schema_validator.iter_errors(root.value), MAX_MISTAKES)
    ):
        return first_line(f"#{pointer(found.absolute_path)}: {found.message}")
    _open_cycles(root, losses)
    handlers = _Handlers(root.documents)
    path = SchemaPath.from_dict(root.value, base_uri=root.url, handlers=handlers)
    error = next(validator(path).root_validator(path), None)
    return first_line(error.message) if error else ""


def _open_cycles(root: Place, losses: Losses) -> None:
    """Write schemas that are nothing but each other so that they can be read, and refused later.

    Raises:
        UnreadableError: What is nothing but itself is no schema.
    """
    for reference in dict.fromkeys(references(root.value)):
        if not reference.startswith("#"):
            continue
        try:
            place = root.with_value({"$ref": reference}).target()
            if not _is_in_cycle(place):
                continue
        except UnreadableError:
            continue  # The validator says so, if it is more than an example.
        if not place.pointer.startswith(SCHEMAS):
            raise UnreadableError(f"{place.documents.name(place.url)}: {place}: {ENDLESS}.")
        losses.add(place, ENDLESS)
        options = [{"$ref": place.value["$ref"]}]
        place.value.clear()
        place.value["anyOf"] = options


def _is_in_cycle(start: Place) -> bool:
    """Return whether references lead from a place to nothing but itself."""
    place, seen = start, set[tuple[str, str]]()
    while (place.url, place.pointer) not in seen and isinstance(place.get("$ref"), str):
        seen.add((place.url, place.pointer))
        place = place.target()
    return bool(seen) and (place.url, place.pointer) == (start.url, start.pointer)


class _Handlers(dict[str, Any]):
    """Reads what a document refers to in our way, whatever the scheme of its URL is."""

    def __init__(self, documents: Documents) -> None:
        super().__init__()
        self._documents = documents

    def __contains__(self, scheme: object) -> bool:
        return True

    def __getitem__(self, scheme: str) -> Any:
        return lambda url: self._documents.retrieve(url).contents


# The library's classes, bounded -----------------------------------------------------------------


class _NoValues(keywords.KeywordValidator):
    """Does not try defaults: their patterns could take any time, and they refuse nothing."""

    def __call__(self, schema: SchemaPath, value: Any) -> Iterator[ValidationError]:  # noqa: ARG002
        return iter(())


@cache
def _bounded(schema_validator: type[keywords.SchemaValidator]) -> type[keywords.SchemaValidator]:
    """Return a class that looks into each schema once: schemas may contain themselves."""

    class Bounded(schema_validator):  # type: ignore[misc, valid-type]
        def __init__(self, registry: Any) -> None:
            super().__init__(registry)
            self._collected: dict[int, set[str]] = {}

        def _collect_properties(self, schema: SchemaPath) -> set[str]:
            key = id(schema.read_value())
            if key not in self._collected:
                self._collected[key] = set()
                self._collected[key] = super()._collect_properties(schema)
            return self._collected[key]

    return Bounded


def _validator(validator: Any) -> Any:
    parts: Mapping[str, Any] = validator.keyword_validators
    replaced = {"default": _NoValues, "schema": _bounded(parts["schema"])}
    return type(validator.__name__, (validator,), {"keyword_validators": {**parts, **replaced}})
