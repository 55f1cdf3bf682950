"""Examples and defaults, against pydantic and JSON Schema."""

import datetime as dt
import functools
import json
import operator
import runpy
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import jsonschema
import pydantic
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from support import declarations, schema_values
from support.answers_schema import fits_schema
from support.declarations import Declaration, full_type
from support.declared import in_json
from support.fuzzing import search
from support.refusals import Refusal, tool, typed
from support.schema_values import Schema

LIMITS = ("min_length", "max_length", "pattern", "ge", "gt", "le", "lt", "multiple_of")


def without_twins(items: list[Any]) -> list[Any]:
    if len({(isinstance(item, bool), item) for item in items}) < len(items):
        raise ValueError
    return items


UNIQUE = pydantic.AfterValidator(without_twins)


def exactly(value: Any, handler: Callable[[Any], Any]) -> Any:
    choice = handler(value)
    if isinstance(choice, bool) != isinstance(value, bool):
        raise ValueError
    return choice


EXACT = pydantic.WrapValidator(exactly)


def python_type(type_: str, field: Declaration) -> Any:  # noqa: PLR0911 (a case for each form)
    if type_.endswith(" | None"):
        return python_type(type_.removesuffix(" | None"), field) | None
    if type_.startswith("list["):
        items: Any = list[python_type(type_[5:-1], field)]  # type: ignore[misc]
        return Annotated[items, UNIQUE] if field.get("unique") else items
    if type_.startswith("dict["):
        return dict[str, python_type(type_[10:-1], field)]  # type: ignore[misc]
    if "enum" in field:
        choices = tuple(choice for choice in field["enum"] if choice is not None)
        return Annotated[Literal[choices], EXACT]
    if " | " in type_:
        return functools.reduce(
            operator.or_, (python_type(part, field) for part in type_.split(" | "))
        )
    if "one_of" in field:
        each = [
            model(declarations.with_tag(field, tag), additional=bool(one.get("additional")))
            for tag, one in field["one_of"].items()
        ]
        return functools.reduce(operator.or_, each)
    if type_ == "object":
        more = bool(field.get("additional"))
        return model(field["fields"], additional=more) if "fields" in field else dict[str, Any]
    return {
        "any": Any,
        "str": str, "int": int, "float": float, "bool": bool, "date": dt.date,
        "datetime": dt.datetime, "time": dt.time, "duration": dt.timedelta, "uuid": UUID,
        "uri": Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$")],
        "email": Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$")],
        "decimal": Decimal, "bytes": Base64Bytes,
    }[type_]  # fmt: skip


def model(fields: dict[str, Declaration], *, additional: bool = False) -> type[BaseModel]:
    """Return what the template renders for these fields."""
    members: dict[str, Any] = {}
    for number, (name, field) in enumerate(fields.items()):
        keywords = {limit: field[limit] for limit in LIMITS if limit in field}
        if "default" in field or not field.get("required", True):
            keywords["default"] = field.get("default")
        keywords |= {"validation_alias": name, "serialization_alias": name}
        type_ = full_type(field) + (" | None" if field.get("nullable") else "")
        members[f"field_{number}"] = (python_type(type_, field), Field(**keywords))
    config = ConfigDict(extra="allow" if additional else "forbid", allow_inf_nan=False)
    return pydantic.create_model("Fields", __config__=config, **members)


def fits_type(field: Declaration, value: Any) -> bool:
    """Whether both the server and a client that looks at the schema take the value."""
    bare = {key: part for key, part in field.items() if key != "default"}
    fields = model({"value": bare})
    text = json.dumps({"value": in_json(value)})
    try:
        fields.model_validate_json(text, strict=True)
    except pydantic.ValidationError:
        return False
    return bool(
        jsonschema.Draft202012Validator(fields.model_json_schema()).is_valid(json.loads(text))
    )


@search(100)
@given(
    field=declarations.fields(optional=False)
    | declarations.choices(optional=False)
    | declarations.objects(optional=False)
)
def test_examples_that_are_taken_fit_their_types(refusal: Refusal, field: Declaration) -> None:
    assume("example" in field)
    assert refusal("tools", [tool(result={"query": field})]) == ""
    assert fits_type(field, field["example"])


SIMPLE_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([0.5, 1.0, 0.1, 0.3, 2.5])
    | st.sampled_from(["", "a", "b", "ab", "a\n", "abc", "1", "x" * 10]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)  # fmt: skip


@st.composite
def simple_fields(draw: st.DrawFn) -> Declaration:
    """Fields that values are likely to fit, or to miss by little."""
    leaf = draw(st.sampled_from(["str", "int", "float", "bool", "object", "any"]))
    type_ = draw(st.just(leaf) | declarations.types(leaf))
    outer = declarations.outermost(type_)
    field: Declaration = {"type": type_, "description": "What."}
    if leaf == "object" and draw(st.booleans()):
        field["fields"] = {"a": typed("int"), "b": typed("str | None")}
        field["additional"] = draw(st.booleans())
    if outer in ("str", "list", "dict"):
        keys = [
            ("min_length", 1),
            ("max_length", 2),
            *([("pattern", "^[ab]+$")] * (outer == "str")),
        ]
    elif outer in ("int", "float"):
        keys = [("ge", 0), ("lt", 5), ("multiple_of", 2 if outer == "int" else 0.1)]
    else:
        keys = []
    return field | {key: value for key, value in keys if draw(st.booleans())}


@search(400)
@given(field=simple_fields(), value=SIMPLE_VALUES)
def test_examples_are_refused_exactly_if_their_types_refuse_them(
    macros: Any, field: Declaration, value: Any
) -> None:
    taken = str(macros.field_value_mistake(value, field, False)) == ""
    # An object has all its fields in a result, also those that may be null.
    assert taken == fits_type(field, value)


@search(300)
@given(
    text=st.from_regex(r"\A(00|19|20)(00|2[34])-[01][0-9]-[0-3][0-9]\Z")
    | st.from_regex(
        r"\A2024-0[1-3]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9])?(Z|[+-][0-2]0:00)?\Z"
    )
)
def test_dates_are_those_of_the_calendar(macros: Any, text: str) -> None:
    type_: Any = dt.date if len(text) == 10 else dt.datetime
    try:
        type_.fromisoformat(text)
        valid = True
    except ValueError:
        valid = False
    field = typed(type_.__name__, default=text)
    assert (str(macros.field_value_mistake(text, field, True)) == "") == valid
    assert fits_schema("tools", [tool(arguments={"query": field})]) == valid


# Schemas without references ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def inline_references(template: Path) -> Callable[[Schema], Schema]:
    (path,) = (template / "template" / "src").glob("*/runtime/inlining.py")
    found: Callable[[Schema], Schema] = runpy.run_path(str(path))["inline_references"]
    return found


@search(40)
@given(fields=declarations.all_fields(depth=3, least=1), data=st.data())
def test_a_schema_without_references_accepts_the_same(
    inline_references: Callable[[Schema], Schema],
    fields: dict[str, Declaration],
    data: st.DataObject,
) -> None:
    schema = model(fields).model_json_schema()
    found = inline_references(schema)
    assert "$defs" not in found
    one, other = map(jsonschema.Draft202012Validator, (schema, found))
    for _ in range(3):
        value = data.draw(schema_values.arguments(schema))
        assert one.is_valid(value) == other.is_valid(value)
