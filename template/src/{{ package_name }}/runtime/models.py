"""Models: the JSON Schema of arguments and results, and what is said of arguments that do not fit."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, RootModel, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from pydantic_core import CoreSchema, core_schema

from .errors import shorten
from .limits import fail_fast

MAX_REPORTED_ERRORS = 20
MAX_EXACT_FLOAT = 2**53  # Above it a float stands for more than one integer.
MAX_ERRORS = 1_000  # To build a text for each of more would take too long.


class Model(BaseModel):
    """The base of a tool's arguments and of its result.

    Arguments that the schema does not name are refused, and a result is checked again when the
    handler returns it: what was changed after it was made may no longer fit its schema. Of a list
    or a mapping only the first item that does not fit is reported.
    """

    model_config = ConfigDict(
        extra="forbid",
        allow_inf_nan=False,
        revalidate_instances="always",
        validate_by_name=True,
        protected_namespaces=(),  # A field may well be called model_id.
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        fail_fast(schema)
        return schema


class _Omittable:
    """Takes null out of the values of a field."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: Any = handler(source)
        inner: CoreSchema = schema["schema"] | {"metadata": {"omittable": True}}
        return inner


T = TypeVar("T")

Omittable = Annotated[T | None, _Omittable]
"""A field with `default=None` that clients leave out or give a value, which is not null."""


class _Schema(GenerateJsonSchema):
    """JSON Schema without a title for each field: models pay for it and it repeats the name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        found: dict[str, Any] = super().default_schema(schema)
        if "omittable" in schema["schema"].get("metadata", {}):
            found.pop("default", None)
        return found


def json_schema(model: type[BaseModel], mode: JsonSchemaMode) -> dict[str, Any]:
    """Return the JSON Schema of a model, which has an object at its root."""
    schema = model.model_json_schema(mode=mode, schema_generator=_Schema)
    if "$ref" in schema and "type" not in schema:
        # A model that refers to itself; clients want an object at the root.
        name = schema.pop("$ref").removeprefix("#/$defs/")
        schema = schema["$defs"][name] | schema
    if schema.get("type") != "object":
        raise TypeError(f"{model.__name__} is no object in JSON, as arguments and results must be")
    return schema


def json_names(model: type[BaseModel]) -> dict[str, str]:
    """Return for each field of a model the name that clients know."""
    if issubclass(model, RootModel):
        return {name: name for name in json_schema(model, "validation").get("properties", {})}
    return {name: field.serialization_alias or name for name, field in model.model_fields.items()}


def validate_arguments[ModelT: BaseModel](model: type[ModelT], arguments: dict[str, Any]) -> ModelT:
    """Return the arguments of a call as a model, or raise a `ValidationError`."""
    # Strict, as JSON Schema is: "5" is no integer. By way of JSON, because only there do dates and
    # times keep their string form. The names that only the code has are none of the client's.
    text = json.dumps(arguments)
    try:
        return model.model_validate_json(text, strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        # But 5.0 is one: JSON has only one kind of number, and some clients write all like that.
        if error.error_count() > MAX_ERRORS or all(
            problem["type"] != "int_type" for problem in error.errors()
        ):
            raise
    text = json.dumps(json.loads(text, parse_float=_number))
    return model.model_validate_json(text, strict=True, by_alias=True, by_name=False)


def _number(text: str) -> int | float:
    value = float(text)
    is_exact = value.is_integer() and abs(value) <= MAX_EXACT_FLOAT
    return int(value) if is_exact else value


def describe_errors(error: ValidationError) -> Iterator[str]:
    """Yield a line a problem: the path of the field, and what is expected there."""
    if error.error_count() > MAX_ERRORS:
        yield f"arguments: {error.error_count()} of their parts do not fit, too many to list"
        return
    for problem in error.errors(include_url=False, include_input=False)[:MAX_REPORTED_ERRORS]:
        path = ".".join(str(part) for part in problem["loc"]) or "arguments"
        expected = problem["msg"]
        if problem["type"] == "extra_forbidden":
            expected = "There is no such argument"
        elif problem["type"] == "union_tag_invalid":  # Its message repeats the client's value.
            tags = problem["ctx"]
            expected = f"{tags['discriminator']} should be one of {tags['expected_tags']}"
        yield f"{shorten(path)}: {expected}"
    if error.error_count() > MAX_REPORTED_ERRORS:
        yield f"and {error.error_count() - MAX_REPORTED_ERRORS} more"
