"""Schemas of OpenAPI in JSON Schema 2020-12: they take and refuse what the originals do."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from copier_mcp.importing.openapi import bundling
from copier_mcp.importing.openapi.bundling import MAX_MERGED, Definitions
from copier_mcp.importing.openapi.dialect import Dialect
from copier_mcp.importing.openapi.documents import Documents
from copier_mcp.importing.openapi.losses import Losses
from copier_mcp.importing.openapi.operations import Operation, in_python, names
from copier_mcp.importing.raw import UnusableError, usable
from copier_mcp.template import questionnaire
from support.fuzzing import search

type Schema = dict[str, Any]


def translated(
    schema: Any, version: str = "3.0", purpose: Any = "request", **components: Any
) -> Any:
    """Return a schema of a document as it is written into an answers file."""
    documents = Documents(str(Path("openapi.json").resolve()))
    content = {"schema": schema, "components": {"schemas": components}}
    documents.add(json.dumps(content).encode())
    dialect = Dialect(version, purpose, Losses())
    return dialect.definitions.bundled(dialect.schema(documents.root()["schema"]))


# Keywords ---------------------------------------------------------------------------------------

STRING = {"type": "string"}
NULL = {"type": "null"}
PET: Schema = {"type": "object", "properties": {"name": STRING}}
REF = {"$ref": "#/components/schemas/Pet"}
DEF = {"$ref": "#/$defs/Pet"}

OLD: dict[str, tuple[Schema, Any]] = {
    "nullable": (STRING | {"nullable": True}, {"type": ["string", "null"]}),
    "not nullable": (STRING | {"nullable": False}, STRING),
    "nullable choices": (
        STRING | {"nullable": True, "enum": ["a", None]},
        {"type": ["string", "null"], "enum": ["a", None]},
    ),
    "choices without null": (
        STRING | {"nullable": True, "enum": ["a"]},
        {"type": ["string", "null"], "enum": ["a"]},
    ),
    "a nullable combination": (
        {"nullable": True, "description": "A.", "anyOf": [STRING, {"type": "integer"}]},
        {"description": "A.", "anyOf": [{"anyOf": [STRING, {"type": "integer"}]}, NULL]},
    ),
    "exclusive limits": (
        {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "exclusiveMaximum": True},
        {"type": "integer", "exclusiveMinimum": 1},
    ),
    "inclusive limits": (
        {"type": "integer", "maximum": 1, "exclusiveMaximum": False},
        {"type": "integer", "maximum": 1},
    ),
    "an example": (STRING | {"example": "a"}, STRING | {"examples": ["a"]}),
    "an example in a list": (
        {"type": "array", "items": STRING | {"example": "a"}},
        {"type": "array", "items": STRING, "examples": [["a"]]},
    ),
    "sizes": ({"type": "integer", "format": "int64"}, {"type": "integer"}),
    "formats": (STRING | {"format": "uuid"}, STRING | {"format": "uuid"}),
    "what says nothing": (
        STRING | {"xml": {"name": "a"}, "externalDocs": {"url": "a"}, "x-a": 1, "title": "A"},
        STRING | {"title": "A"},
    ),
    "deprecated": (
        STRING | {"deprecated": True, "description": "A."},
        STRING | {"description": "Deprecated. A."},
    ),
    "names like keywords": (
        {"type": "object", "properties": {"nullable": STRING, "x-a": STRING, "example": STRING}},
        {"type": "object", "properties": {"nullable": STRING, "x-a": STRING, "example": STRING}},
    ),
    "one of several with a discriminator": (
        {"oneOf": [REF, STRING], "discriminator": {"propertyName": "name"}},
        {"oneOf": [DEF, STRING], "$defs": {"Pet": PET}},
    ),
    "what stands beside a reference": (
        {"type": "array", "items": REF | {"description": "Not here."}},
        {"type": "array", "items": DEF, "$defs": {"Pet": PET}},
    ),
    "a part of another schema": (
        {"type": "array", "items": {"$ref": "#/components/schemas/Pet/properties/name"}},
        {"type": "array", "items": {"$ref": "#/$defs/name"}, "$defs": {"name": STRING}},
    ),
    "all of one": (
        {"allOf": [REF], "description": "A."},
        DEF | {"description": "A.", "$defs": {"Pet": PET}},
    ),
    "all of two objects": (
        {
            "allOf": [
                REF,
                {"properties": {"age": {"type": "integer"}}, "required": ["age"]},
            ],
            "required": ["name"],
        },
        {
            "type": "object",
            "properties": {"name": STRING, "age": {"type": "integer"}},
            "required": ["age", "name"],
        },
    ),
    "all of what differs": (
        {"allOf": [REF, {"properties": {"name": {"type": "integer"}}}]},
        {"allOf": [DEF, {"properties": {"name": {"type": "integer"}}}], "$defs": {"Pet": PET}},
    ),
    "all of what is the same in Python alone": (
        {"allOf": [{"enum": [1]}, {"enum": [True]}]},
        {"allOf": [{"enum": [1]}, {"enum": [True]}]},
    ),
    "all of a closed object": (
        {"allOf": [REF, {"type": "object", "additionalProperties": False}]},
        {"allOf": [DEF, {"type": "object", "additionalProperties": False}], "$defs": {"Pet": PET}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OLD)
def test_keywords_of_3_0(name: str) -> None:
    schema, expected = OLD[name]
    assert translated(schema, Pet=PET) == expected


NEW: dict[str, tuple[Any, Any]] = {
    "types": ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
    "null": ({"oneOf": [STRING, {"type": "null"}]}, {"oneOf": [STRING, {"type": "null"}]}),
    "nullable": (STRING | {"nullable": True}, STRING),
    "exclusive limits": (
        {"exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"exclusiveMinimum": 0, "exclusiveMaximum": 1},
    ),
    "examples": (STRING | {"examples": ["a", "b"]}, STRING | {"examples": ["a"]}),
    "whole numbers": (
        {"type": "integer", "exclusiveMinimum": 0.0, "multipleOf": 2.0, "default": 4.0},
        {"type": "integer", "exclusiveMinimum": 0, "multipleOf": 2, "default": 4},
    ),
    "anything": ({"type": "array", "items": True}, {"type": "array", "items": True}),
    "tuples": ({"prefixItems": [REF]}, {"prefixItems": [DEF], "$defs": {"Pet": PET}}),
    "beside a reference": (
        {"type": "array", "items": REF | {"minProperties": 1}},
        {"type": "array", "items": DEF | {"minProperties": 1}, "$defs": {"Pet": PET}},
    ),
}


@pytest.mark.parametrize("version", ["3.1", "3.2"])
@pytest.mark.parametrize("name", NEW)
def test_keywords_of_later_versions(name: str, version: str) -> None:
    schema, expected = NEW[name]
    found = translated(schema, version, Pet=PET)
    # In Python 1.0 equals 1.
    assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)


SEEN = {
    "type": "object",
    "required": ["id", "secret", "name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "secret": STRING | {"writeOnly": True},
        "name": STRING,
        "key": {"$ref": "#/components/schemas/Key"},
    },
}
KEY = {"type": "string", "readOnly": True}


@pytest.mark.parametrize("name", ["a b", "a/b", "a~b", "ä%", "a.b-c"])
def test_components_have_any_name(name: str) -> None:
    pointer = quote(name.replace("~", "~0").replace("/", "~1"))
    reference = {"$ref": f"#/components/schemas/{pointer}"}
    found = translated({"type": "array", "items": reference}, "3.0", "answer", **{name: PET})
    assert list(found["$defs"].values()) == [PET]
    assert usable(found | {"type": "object"}, "result")[1] == []
    assert Draft202012Validator(found).is_valid([{"name": "Rex"}])
    assert not Draft202012Validator(found).is_valid([1])


@pytest.mark.parametrize(
    ("purpose", "properties"),
    [("request", ["secret", "name"]), ("answer", ["id", "name", "key"])],
)
def test_requests_and_answers_see_what_is_for_them(purpose: str, properties: list[str]) -> None:
    found = translated(SEEN, purpose=purpose, Key=KEY)
    assert list(found["properties"]) == properties
    assert set(found["required"]) == set(properties) - {"key"}
    # Also of what an object is made of.
    whole = {"allOf": [{"$ref": "#/components/schemas/Base"}], "required": SEEN["required"]}
    base = {key: SEEN[key] for key in ("type", "properties")}
    found = translated(whole, purpose=purpose, Key=KEY, Base=base)
    assert set(found["required"]) == set(properties) - {"key"}


def test_cycles_are_definitions() -> None:
    tree = {"type": "object", "properties": {"children": {"type": "array", "items": REF}}}
    children = {"children": {"type": "array", "items": DEF}}
    found = translated(REF, Pet=tree)
    assert found == DEF | {"$defs": {"Pet": {"type": "object", "properties": children}}}


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [REF, STRING]},
        {"not": REF},
        {"allOf": [STRING, {"oneOf": [REF]}]},
        {"allOf": [REF, {"properties": {"a": STRING}}]},
        {"if": STRING, "then": REF},
    ],
)
def test_what_no_validator_comes_to_an_end_with_is_refused(schema: Schema) -> None:
    with pytest.raises(UnusableError, match="Pet refers to itself without end"):
        translated(REF, "3.1", Pet=schema)


def test_what_is_made_of_schemas_that_are_each_other_is_refused() -> None:
    one, other = ({"allOf": [{"$ref": f"#/components/schemas/{name}"}]} for name in "BA")
    whole = {"allOf": [{"$ref": "#/components/schemas/A"}, STRING]}
    with pytest.raises(UnusableError, match="A refers to itself without end"):
        translated(whole, A=one, B=other)


def test_schemas_that_are_made_of_each_other_take_no_time() -> None:
    """Each is made of two of the one before: written out they would be 2 ** 60 parts."""
    parts: dict[str, Any] = {"P0": PET}
    for level in range(1, 61):
        part = {"$ref": f"#/components/schemas/P{level - 1}"}
        parts[f"P{level}"] = {"allOf": [part, {"properties": {f"a{level}": STRING}}, part]}
    found = translated({"$ref": "#/components/schemas/P60"}, **parts)
    assert len(found["$defs"]["P60"]["properties"]) == 61


def test_what_would_be_too_large_written_out_is_refused() -> None:
    """Each has two of the one before in it, which are not references once they are merged."""
    parts: dict[str, Any] = {"P0": PET}
    for level in range(1, 18):
        part = {"$ref": f"#/components/schemas/P{level - 1}"}
        both = {"allOf": [part, {"type": "object", "properties": {"z": STRING}}]}
        parts[f"P{level}"] = {"type": "object", "properties": {"a": both, "b": both}}
    with pytest.raises(UnusableError, match="the schema has more than 50,000 parts"):
        translated({"$ref": "#/components/schemas/P17"}, **parts)


def test_what_is_merged_is_not_merged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes of `allOf` in `allOf` were walked again for each of their billions."""
    walked = 0

    def counted(value: Any) -> Iterator[Any]:
        nonlocal walked
        walked += 1
        assert walked <= MAX_MERGED
        yield from parts(value)

    parts = bundling._parts
    monkeypatch.setattr(bundling, "_parts", counted)
    definitions = Definitions()
    definitions["P0"] = PET
    for level in range(1, 26):
        part = {"$ref": f"#/$defs/P{level - 1}"}
        both = {"allOf": [part, {"type": "object", "properties": {"z": STRING}}]}
        definitions[f"P{level}"] = {"type": "object", "properties": {"a": both, "b": both}}
    with pytest.raises(UnusableError, match="the schema has more than 50,000 parts"):
        definitions.bundled(definitions.resolved({"$ref": "#/$defs/P25"}))


def test_what_is_one_of_many_is_looked_at_once() -> None:
    """Each is one of a thousand of the one before, of which all would have to be objects."""
    definitions = Definitions()
    definitions["P0"] = PET
    for level in range(1, 5):
        definitions[f"P{level}"] = {"anyOf": [{"$ref": f"#/$defs/P{level - 1}"}] * 1_000}
    assert definitions.is_object({"$ref": "#/$defs/P4"}, 10)


def test_what_is_merged_has_a_limit_for_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundling, "MAX_MERGED", 20)
    definitions = Definitions()
    both = {"allOf": [PET, {"properties": {"z": STRING}}]}
    assert [*definitions.merged(both)] == ["type", "properties"]
    assert definitions.merged(both) == both


# The same values ----------------------------------------------------------------------------------

VALUES = st.recursive(
    st.sampled_from([None, True, 0, 1, 2, 3.5, "", "a", "b", "abc"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=5,
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "array", "object"])
NAMES = st.sampled_from(["A", "B"])


@st.composite
def leaves(draw: st.DrawFn) -> Schema:
    schema: Schema = {"type": draw(TYPES)}
    if schema["type"] == "array":
        schema["items"] = {}
    options = {
        "nullable": st.booleans(),
        "enum": st.lists(
            st.sampled_from([None, "a", 1, True]), min_size=1, max_size=3, unique=True
        ),
        "minimum": st.integers(0, 3),
        "exclusiveMinimum": st.booleans(),
        "maximum": st.integers(0, 3),
        "exclusiveMaximum": st.booleans(),
        "minLength": st.integers(0, 2),
        "maxItems": st.integers(0, 2),
        "minProperties": st.integers(0, 2),
        "description": st.just("Some."),
        "example": st.just(1),
        "deprecated": st.booleans(),
    }
    for key in draw(st.lists(st.sampled_from(list(options)), max_size=3, unique=True)):
        schema[key] = draw(options[key])
    return schema


def combined(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    properties = st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=2)
    required = st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=2, unique=True)
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries(
            {},
            optional={
                "type": st.just("object"),
                "properties": properties,
                "required": required,
                "additionalProperties": st.booleans() | inner,
            },
        ),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries({"allOf": several}, optional={"properties": properties}),
        st.fixed_dictionaries({"allOf": several}, optional={"required": required}),
        st.fixed_dictionaries({"anyOf": several}),
        st.fixed_dictionaries({"oneOf": several}),
        st.fixed_dictionaries({"not": inner}),
    )


REFERENCES = NAMES.map(lambda name: {"$ref": f"#/components/schemas/{name}"})
SCHEMAS = st.recursive(leaves() | REFERENCES, combined, max_leaves=6)


@search(400)
@given(SCHEMAS, leaves() | combined(leaves()), combined(leaves()), st.lists(VALUES, max_size=12))
def test_a_schema_of_3_0_takes_what_its_translation_takes(
    schema: Schema, a: Schema, b: Schema, values: list[Any]
) -> None:
    whole = {"schema": schema, "components": {"schemas": {"A": a, "B": b}}}
    resource = DRAFT202012.create_resource(whole)
    registry: Registry[Any] = Registry().with_resource("", resource)
    resolver = registry.resolver_with_root(resource)
    before = OAS30Validator(schema, registry=registry, _resolver=resolver)
    after = Draft202012Validator(translated(schema, A=a, B=b))
    for value in values:
        assert after.is_valid(value) == before.is_valid(value), value


# Names ------------------------------------------------------------------------------------------

IDS = st.none() | st.text(st.sampled_from("aAbB1_- ./"), max_size=70)


@search(200)
@given(st.lists(IDS, max_size=6), st.randoms(use_true_random=False))
def test_names_are_those_in_any_order(ids: list[str | None], random: Any) -> None:
    documents = Documents("openapi.json")
    documents.add(
        json.dumps({"ids": [{"operationId": id_} if id_ else {} for id_ in ids]}).encode()
    )
    found = [
        Operation(f"/{index}/{{id}}", "get", place, (), None)
        for index, place in enumerate(documents.root().parts("ids"))
    ]
    expected = names(found, Losses())
    random.shuffle(found)
    assert names(found, Losses()) == expected
    assert len({in_python(name) for name in expected.values()}) == len(ids)
    for name in expected.values():
        assert 1 <= len(name) <= 64
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


@pytest.mark.parametrize(
    "name",
    ["listPets", "HTTPServer", "get-pets_2", "_a_", "9lives", "a" * 50, "getHTTPResponseCode"],
)
def test_names_in_python_are_the_templates(name: str) -> None:
    macro = '{% from "macros/code/names.jinja" import snake %}{{ snake(name) }}'
    with questionnaire() as worker:
        assert worker.jinja_env.from_string(macro).render(name=name) == in_python(name)
