"""Fields made of JSON Schemas: they say the same, or there are none."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copier_mcp.importing.fields import InexpressibleError, make_fields, without_examples
from copier_mcp.importing.raw import UnusableError, usable
from copier_mcp.importing.rendered import object_schema
from copier_mcp.importing.schemas import MAX_PARTS, TooLargeError, normal, same
from support import declarations
from support.declared import in_json
from support.schema_readings import verdict
from support.schema_values import arguments

SEARCH = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))

type Schema = dict[str, Any]


def of(properties: Schema, *required: str, **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": [*required]} | more


def argument(schema: Schema, *, required: bool = True) -> dict[str, Any]:
    """Return the field of one argument."""
    whole = of({"a": schema}, *(["a"] if required else []), **{"$defs": DEFINITIONS})
    return make_fields(whole, "arguments").fields["a"]


def nested(depth: int) -> Schema:
    """Return a schema that deep."""
    schema: Schema = {}
    for _ in range(depth):
        schema = {"not": schema}
    return schema


# What is declared comes back --------------------------------------------------------------------


@pytest.mark.parametrize("part", ["arguments", "result"])
@SEARCH
@given(st.data(), st.booleans())
def test_what_fields_render_to_is_made_fields_again(
    part: str, data: st.DataObject, additional: bool
) -> None:
    optional = part == "arguments"
    fields = in_json(data.draw(declarations.all_fields(optional=optional)))
    schema = object_schema(fields, optional=optional, additional=additional)
    made = make_fields(schema, part)
    again = object_schema(made.fields, optional=optional, additional=made.additional)
    assert same(normal(again, examples=True), normal(schema, examples=True))
    assert made.lost == []


@SEARCH
@given(declarations.all_fields(optional=True), st.data())
def test_the_normal_form_accepts_what_the_schema_does(
    fields: declarations.Fields, data: st.DataObject
) -> None:
    schema = object_schema(in_json(fields), optional=True)
    found = data.draw(arguments(schema))
    assert verdict(schema, found) == verdict(normal(schema), found)


# What pydantic and zod write --------------------------------------------------------------------

CAT: Schema = {
    "type": "object",
    "properties": {
        "kind": {"const": "cat", "description": "A cat."},
        "lives": {"type": "integer", "minimum": 0},
    },
    "required": ["lives", "kind"],
    "additionalProperties": False,
}
DOG: Schema = {
    "type": "object",
    "properties": {"kind": {"type": "string", "enum": ["dog"]}},
    "required": ["kind"],
}
PETS = {
    "cat": {"description": "A cat.", "fields": {"lives": {"type": "int", "ge": 0}}},
    "dog": {"additional": True},
}
SAME: dict[str, tuple[Schema, dict[str, Any]]] = {
    "pydantic's optional": (
        {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "A"},
        {"type": "str | None"},
    ),
    "a list of types": (
        {"type": ["integer", "null"], "minimum": 1, "default": None},
        {"type": "int | None", "ge": 1},
    ),
    "choices that may be null": (
        {"type": ["string", "null"], "enum": ["a", "b", None], "default": "a"},
        {"type": "str | None", "default": "a", "enum": ["a", "b"]},
    ),
    "a union": (
        {"anyOf": [{"type": "string"}, {"type": "number"}], "default": 1},
        {"type": "str | float", "default": 1},
    ),
    "a union that may be null": (
        {
            "anyOf": [{"type": "null"}, {"type": "boolean"}, {"type": "string", "format": "date"}],
            "default": None,
        },
        {"type": "bool | date | None"},
    ),
    "a list of several types": (
        {"type": ["integer", "null", "string"], "default": None},
        {"type": "int | str | None"},
    ),
    "a list of unions": (
        {"type": "array", "items": {"type": ["integer", "string"]}, "default": [1, "a"]},
        {"type": "list[int | str]", "default": [1, "a"]},
    ),
    "zod's optional": ({"type": "string"}, {"type": "str", "required": False}),
    "what may be left out and be null": (
        {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}], "examples": [None]},
        {"type": "str", "required": False, "nullable": True, "max_length": 9, "example": None},
    ),
    "a list that may be left out and be null": (
        {"type": ["array", "null"], "items": {"type": ["integer", "null"]}, "maxItems": 9},
        {"type": "list[int | None]", "required": False, "nullable": True, "max_length": 9},
    ),
    "choices that may be left out and be null": (
        {"type": ["string", "null"], "enum": ["a", None]},
        {"required": False, "nullable": True, "enum": ["a"]},
    ),
    "a union that may be left out and be null": (
        {"type": ["integer", "null", "string"]},
        {"type": "int | str", "required": False, "nullable": True},
    ),
    "an object that may be left out and be null": (
        {
            "oneOf": [
                {"type": "null"},
                of({"x": {"type": ["string", "null"]}}, additionalProperties=False),
            ]
        },
        {
            "required": False,
            "nullable": True,
            "fields": {"x": {"type": "str", "required": False, "nullable": True}},
        },
    ),
    "zod's whole number": (
        {"type": "integer", "minimum": -(2**53) + 1, "maximum": 2**53 - 1, "default": 0},
        {"type": "int", "default": 0, "ge": -(2**53) + 1, "le": 2**53 - 1},
    ),
    "zod's record": (
        {
            "type": "object",
            "propertyNames": {"type": "string"},
            "additionalProperties": {"type": "number"},
        },
        {"type": "dict[str, float]", "required": False},
    ),
    "an object of anything": (
        {"type": "object", "additionalProperties": True},
        {"type": "object", "required": False},
    ),
    "anything": ({"title": "A", "default": None}, {"type": "any", "default": None}),
    "a list of anything": ({"type": "array", "default": []}, {"type": "list[any]", "default": []}),
    "one choice": ({"const": "x"}, {"required": False, "enum": ["x"]}),
    "choices without a type": (
        {"enum": [1, 2]},
        {"type": "int", "required": False, "enum": [1, 2]},
    ),
    "choices of several types": (
        {"enum": ["a", 1, True], "default": 1},
        {"type": "bool | int | str", "default": 1, "enum": ["a", 1, True]},
    ),
    "choices of several types and null": (
        {"enum": [1, None, "a"], "default": None},
        {"type": "int | str | None", "enum": [1, "a"]},
    ),
    "choices of fewer types than it has": (
        {"type": ["string", "number", "null"], "enum": [1, 2, None], "default": None},
        {"type": "int | None", "enum": [1, 2]},
    ),
    "a choice of null that the type excludes": (
        {"type": "string", "enum": ["a", None]},
        {"required": False, "enum": ["a"]},
    ),
    "no choice but true": ({"const": True}, {"type": "bool", "required": False, "enum": [True]}),
    "a list of choices": (
        {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "maxItems": 2},
        {"type": "list[str]", "required": False, "max_length": 2, "enum": ["a", "b"]},
    ),
    "a set": (
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "maxItems": 9},
        {"type": "list[str]", "required": False, "max_length": 9, "unique": True},
    ),
    "limits inside": (
        {"type": "array", "items": {"type": "string", "maxLength": 8}, "minItems": 1},
        {"type": "list[str]", "required": False, "min_length": 1, "items": {"max_length": 8}},
    ),
    "a list that may have nulls": (
        {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        {"type": "list[str | None]", "required": False},
    ),
    "a date": ({"type": "string", "format": "date"}, {"type": "date", "required": False}),
    "a time": ({"type": "string", "format": "time"}, {"type": "time", "required": False}),
    "a duration": (
        {"type": "string", "format": "duration", "default": "PT1H30M"},
        {"type": "duration", "default": "PT1H30M"},
    ),
    "a UUID": (
        {"type": "array", "items": {"type": "string", "format": "uuid"}, "default": []},
        {"type": "list[uuid]", "default": []},
    ),
    "pydantic's URL": (
        {"type": "string", "format": "uri", "minLength": 1, "maxLength": 2083},
        {"type": "uri", "required": False, "min_length": 1, "max_length": 2083},
    ),
    "an address": ({"type": "string", "format": "email"}, {"type": "email", "required": False}),
    "base64": (
        {"type": "string", "contentEncoding": "base64"},
        {"type": "bytes", "required": False},
    ),
    "an open object": (
        {"type": "object", "properties": {"x": {"type": "boolean"}}, "required": ["x"]},
        {"required": False, "fields": {"x": {"type": "bool"}}, "additional": True},
    ),
    "a reference": (
        {"$ref": "#/$defs/Line", "description": "A line."},
        {
            "description": "A line.",
            "required": False,
            "fields": {"x": {"type": "float", "gt": 0}},
        },
    ),
    "a reference that may be null": (
        {"anyOf": [{"$ref": "#/$defs/Line"}, {"type": "null"}], "default": None},
        {"type": "object | None", "fields": {"x": {"type": "float", "gt": 0}}},
    ),
    "one of one": (
        {"allOf": [{"$ref": "#/$defs/Line"}], "description": "A line."},
        {
            "description": "A line.",
            "required": False,
            "fields": {"x": {"type": "float", "gt": 0}},
        },
    ),
    "one of several objects": (
        {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "kind"}, "description": "A pet."},
        {"description": "A pet.", "required": False, "tag": "kind", "one_of": PETS},
    ),
    "any of several objects, or null": (
        {"anyOf": [CAT, {"$ref": "#/$defs/Dog"}, {"type": "null"}], "default": None},
        {"type": "object | None", "tag": "kind", "one_of": PETS},
    ),
    "one of several objects that may be null": (
        {"anyOf": [{"oneOf": [CAT, DOG]}, {"type": "null"}], "default": None},
        {"type": "object | None", "tag": "kind", "one_of": PETS},
    ),
    "a list of one of several objects": (
        {"type": "array", "items": {"oneOf": [CAT, DOG]}, "maxItems": 2},
        {"type": "list[object]", "required": False, "max_length": 2, "tag": "kind", "one_of": PETS},
    ),
    "zero is no limit": ({"type": "string", "minLength": 0}, {"type": "str", "required": False}),
}
DEFINITIONS: Schema = {
    "Dog": DOG,
    "Line": {
        "title": "Line",
        "type": "object",
        "properties": {"x": {"title": "X", "type": "number", "exclusiveMinimum": 0}},
        "required": ["x"],
        "additionalProperties": False,
    },
    "Lists": {"type": "array", "items": {"$ref": "#/$defs/Lists"}},
}


@pytest.mark.parametrize("name", SAME)
def test_ways_to_say_one_thing_are_one_field(name: str) -> None:
    schema, expected = SAME[name]
    assert argument(schema, required=False) == expected


def test_the_keys_of_a_field_have_the_order_of_the_docs() -> None:
    schema = {
        "maximum": 9,
        "minimum": 1,
        "default": 3,
        "description": "How many.",
        "type": "integer",
    }
    made = argument(schema, required=False)
    assert list(made) == ["type", "description", "default", "ge", "le"]


@pytest.mark.parametrize(
    ("more", "additional"), [({}, True), ({"additionalProperties": False}, False)]
)
def test_arguments_beyond_the_declared_ones_are_known_by_the_root(
    more: Schema, additional: bool
) -> None:
    assert make_fields(of({}, **more), "arguments").additional is additional
    assert make_fields({"type": "object"} | more, "arguments").additional is additional


# What cannot be said ----------------------------------------------------------------------------

OTHER: dict[str, Schema] = {
    "a union with a list": {"anyOf": [{"type": "string"}, {"type": "array"}]},
    "a union with a limit": {"anyOf": [{"type": "string", "maxLength": 1}, {"type": "number"}]},
    "a union with choices": {"anyOf": [{"enum": ["a"]}, {"type": "number"}]},
    "a union with anything": {"anyOf": [{}, {"type": "number"}]},
    "several types with a limit": {"type": ["string", "number"], "minimum": 1},
    "another format": {"type": "string", "format": "hostname"},
    "another encoding": {"type": "string", "contentEncoding": "base32"},
    "a format that has a pattern": {"type": "string", "format": "email", "pattern": "@"},
    "pydantic's base64": {"type": "string", "format": "base64"},
    "objects without a property that tells them apart": {"oneOf": [CAT, CAT]},
    "objects of which one needs no constant": {"oneOf": [CAT, DOG | {"required": []}]},
    "objects with something beside": {"oneOf": [CAT, DOG], "minProperties": 1},
    "objects that say what they are": {"oneOf": [CAT, DOG | {"description": "A dog."}]},
    "a tuple": {"type": "array", "prefixItems": [{"type": "string"}]},
    "a set of two": {
        "type": "array",
        "items": {"type": "string"},
        "uniqueItems": True,
        "minItems": 2,
    },
    "a set of sets": {"type": "array", "items": {"type": "array", "uniqueItems": True}},
    "choices with a limit": {"type": "string", "enum": ["a"], "minLength": 1},
    "choices with a fraction": {"enum": [1, 1.5]},
    "no choice but null": {"const": None},
    "an empty object": {"type": "object", "additionalProperties": False},
    "typed beside properties": {
        "type": "object",
        "properties": {"x": {}},
        "additionalProperties": {"type": "string"},
    },
    "limits in the middle": {
        "type": "array",
        "items": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
    },
    "a described item": {"type": "array", "items": {"type": "string", "description": "One."}},
    "a described choice": {"anyOf": [{"type": "string", "description": "A."}, {"type": "null"}]},
    "null twice": {"anyOf": [{"type": ["string", "null"]}, {"type": "null"}]},
    "a recursive list": {"$ref": "#/$defs/Lists"},
    "a reference elsewhere": {"$ref": "https://example.com/schema.json"},
    "a reference to nothing": {"$ref": "#/$defs/None"},
    "not": {"not": {"type": "string"}},
    "false": {"type": "array", "items": False},
    "no type of JSON": {"type": "date"},
    "a pattern of no known word": {"type": "string", "pattern": "^no such word$"},
    "items with a pattern": {"type": "array", "items": {"type": "string", "pattern": "a"}},
    "required, but with a default": {"type": "string", "default": "a"},
    "required, but nullable": {"type": ["string", "null"]},
    "a default of null of no nullable": {"type": "string", "default": None},
}


@pytest.mark.parametrize("name", OTHER)
def test_what_fields_cannot_say_is_refused_with_its_place(name: str) -> None:
    with pytest.raises(InexpressibleError, match=r"^arguments\.a"):
        argument(OTHER[name])


def test_a_default_that_would_be_written_otherwise_is_no_field() -> None:
    """Nothing is wrong with the field but what it renders to: only the comparison sees that."""
    default = "2026-01-31T18:30:00+00:00"
    schema = {"type": "string", "format": "date-time", "default": default}
    said = re.escape(f'arguments.a: has default: "{default}"')
    with pytest.raises(InexpressibleError, match=f"^{said}$"):
        argument(schema, required=False)
    assert argument(schema | {"default": "2026-01-31T18:30:00Z"}, required=False)


def test_what_fields_would_write_otherwise_is_named_where_it_is_nested() -> None:
    default = {"type": "string", "format": "date-time", "default": "2026-01-31T18:30:00+00:00"}
    schema = of({"a": of({"b": {"type": "string"}, "c": default}, "b")}, "a")
    with pytest.raises(InexpressibleError, match=r"^arguments\.a\.c: has default: "):
        make_fields(schema, "arguments")


def test_one_of_two_that_both_take_null_takes_no_null() -> None:
    with pytest.raises(InexpressibleError, match="has oneOf"):
        argument({"oneOf": [{}, {"type": "null"}]})


RESULTS: dict[str, tuple[Schema, str]] = {
    "a default": (of({"a": {"default": 1}}, "a", additionalProperties=False), "has a default"),
    "null by default": (of({"a": {"type": ["string", "null"], "default": None}}, "a"), "a default"),
    "no object": ({"type": "string"}, "is no object"),
    "unknown": (of({"a": {}}, "a", "b", additionalProperties=False), "requires b"),
    "more": (of({"a": {}}, "a", additionalProperties=False, minProperties=1), "has minProperties"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_have_rules_of_their_own(name: str) -> None:
    schema, said = RESULTS[name]
    with pytest.raises(InexpressibleError, match=said):
        make_fields(schema, "result")


def test_a_result_may_have_more_and_less_than_its_parts() -> None:
    nullable = {"type": ["string", "null"], "default": None}
    apart = {"type": ["string", "null"]}
    parts = {"a": {"type": "integer"}, "b": nullable, "c": {}, "d": apart}
    made = make_fields(of(parts, "c"), "result")
    assert made.additional
    assert made.fields == {
        "a": {"type": "int", "required": False},
        "b": {"type": "str | None", "required": False},
        "c": {"type": "any"},
        "d": {"type": "str", "required": False, "nullable": True},
    }


def test_numbers_and_truth_are_not_the_same() -> None:
    assert same({"const": 1}, {"const": 1.0})
    assert not same({"const": 1}, {"const": True})


def test_values_of_any_name_are_not_beside_properties() -> None:
    values = {"type": "object", "additionalProperties": {"type": "string"}}
    with pytest.raises(InexpressibleError, match=r"^result: has additionalProperties$"):
        make_fields(values, "result")
    with pytest.raises(InexpressibleError, match="additionalProperties beside"):
        make_fields(values | {"properties": {"a": {}}}, "result")


# Examples ---------------------------------------------------------------------------------------


def test_the_first_example_is_kept_where_there_may_be_one() -> None:
    schema = {"type": "string", "examples": ["x", "y"]}
    made = make_fields(of({"a": schema, "b": schema | {"default": "z"}}, "a"), "arguments")
    assert made.fields["a"] == {"type": "str", "example": "x"}
    assert made.fields["b"] == {"type": "str", "default": "z"}
    assert made.lost == ["arguments.a: examples: 1 of 2", "arguments.b: examples: 2 of 2"]


@pytest.mark.parametrize(
    ("pattern", "example"), [("^[a-z]+$", "a"), (r"^\d{4}-\d\d-\d\d$", "2026-01-31"), ("@", "@a")]
)
def test_an_argument_with_a_pattern_gets_an_example(pattern: str, example: str) -> None:
    assert argument({"type": "string", "pattern": pattern})["example"] == example


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^nobody knows this$"},
        {"type": "array", "items": {"type": "string", "pattern": "^a$"}},
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "minItems": 2},
    ],
)
def test_only_an_argument_that_has_to_be_there_needs_an_example(schema: Schema) -> None:
    made = argument(schema, required=False)
    assert (made["required"], "example" in made) == (False, False)
    with pytest.raises(InexpressibleError, match="no example"):
        argument(schema)


def test_examples_go_but_where_a_pattern_needs_them() -> None:
    fields: dict[str, dict[str, Any]] = {
        "a": {"type": "str", "example": "x"},
        "b": {"fields": {"c": {"type": "str", "pattern": "x", "example": "x"}}, "example": {}},
    }
    assert without_examples(fields) == {
        "a": {"type": "str"},
        "b": {"fields": {"c": {"type": "str", "pattern": "x", "example": "x"}}},
    }


def test_what_a_root_says_of_itself_is_lost() -> None:
    assert make_fields(of({}, description="Where."), "arguments").lost == [
        "arguments: description: 'Where.'"
    ]


# Large and hostile ------------------------------------------------------------------------------


def test_references_that_stand_for_billions_of_parts_are_refused_soon() -> None:
    definitions: Schema = {"d0": {"type": "string"}}
    for level in range(1, 40):
        inner = {"$ref": f"#/$defs/d{level - 1}"}
        definitions[f"d{level}"] = of({"a": inner, "b": inner})
    with pytest.raises(InexpressibleError, match="too large"):
        make_fields(of({"a": {"$ref": "#/$defs/d39"}}, **{"$defs": definitions}), "arguments")
    wide = of({f"a{number}": {} for number in range(MAX_PARTS)})
    with pytest.raises(TooLargeError):
        normal(wide)


def test_a_schema_that_is_deeper_than_python_goes_is_refused() -> None:
    schema: Schema = {"type": "string"}
    for _ in range(3000):
        schema = {"type": "array", "items": schema}
    with pytest.raises(InexpressibleError, match="too large"):
        argument(schema)


def test_names_that_are_keywords_are_names() -> None:
    names = ("$ref", "$defs", "title", "description", "properties", "examples", "default", "type")
    schema = of({name: {"type": "string"} for name in names}, *names)
    assert list(make_fields(schema, "arguments").fields) == list(names)


# Raw schemas ------------------------------------------------------------------------------------


def test_patterns_that_the_servers_engine_does_not_know_are_left_out_and_named() -> None:
    schema = of({"a": {"type": "string", "pattern": "(?=x)"}, "b": {"pattern": "x"}})
    schema["patternProperties"] = {"(?!y)": {}, "z": {}}
    kept, dropped = usable(schema, "arguments")
    assert kept["properties"] == {"a": {"type": "string"}, "b": {"pattern": "x"}}
    assert kept["patternProperties"] == {"z": {}}
    assert len(dropped) == 2
    assert "(?=x)" in dropped[1] + dropped[0]


def test_tuples_of_older_drafts_are_those_of_the_new_one() -> None:
    old = {"type": "array", "items": [{"type": "string"}, {}], "additionalItems": False}
    new = {"type": "array", "prefixItems": [{"type": "string"}, {}], "items": False}
    kept, dropped = usable(of({"a": old}), "arguments")
    assert (kept["properties"]["a"], dropped) == (new, [])
    assert same(normal(old), normal(new))


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (
            {"type": "string", "required": True},
            "is no JSON Schema: #/properties/a/required: True is not of type 'array'",
        ),
        ({"minimum": 1, "exclusiveMinimum": True}, "is no JSON Schema: "),
        ({"$ref": "#/$defs/None"}, "#/$defs/None is nowhere in it; "),
        (nested(60), "more than 40 deep; "),
    ],
)
def test_a_schema_with_which_no_server_starts_is_refused(schema: Schema, said: str) -> None:
    with pytest.raises(UnusableError, match=re.escape(said)):
        usable(of({"a": schema}), "arguments")
