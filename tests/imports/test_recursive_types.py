"""Definitions that are in themselves become types, which say exactly the same."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from mcp import types as mcp_types

from copier_mcp.importing.fields import InexpressibleError, _normal, make_fields
from copier_mcp.importing.reading import Offer
from copier_mcp.importing.rendered import object_schema, type_schema
from copier_mcp.importing.schemas import Schema, definition, normal, recursive, same
from copier_mcp.importing.verb import answers_file
from support import declarations
from support.checking import Check
from support.declared import in_json
from support.fuzzing import search

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("_asked_once")]

CLOSED: Schema = {"type": "object", "additionalProperties": False}
NODE: Schema = {
    "type": "object",
    "title": "Node",
    "description": "A node.",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$"},
        "nodes": {"type": "array", "items": {"$ref": "#/$defs/tree-node"}},
        "way": {"$ref": "#/$defs/way"},
    },
    "required": ["name", "nodes"],
}
WAY: Schema = {
    "oneOf": [
        {"properties": {"kind": {"const": "end"}}, "required": ["kind"], **CLOSED},
        {
            "properties": {"kind": {"const": "on"}, "way": {"$ref": "#/$defs/way"}},
            "required": ["kind", "way"],
            **CLOSED,
        },
    ]
}
DEFINITIONS = {"tree-node": NODE, "way": WAY}
TREE_NODE = {
    "description": "A node.",
    "fields": {
        "name": {"type": "str", "pattern": "^[a-z]+$", "example": "a"},
        "nodes": {"type": "list[TreeNode]"},
        "way": {"type": "Way", "required": False},
    },
    "additional": True,
}
TYPES = {
    "TreeNode": TREE_NODE,
    "Way": {"tag": "kind", "one_of": {"end": {}, "on": {"fields": {"way": {"type": "Way"}}}}},
}


def with_argument(schema: Schema) -> Schema:
    return CLOSED | {"properties": {"a": schema}, "required": ["a"]}


def tool(name: str = "find_notes", **more: Any) -> mcp_types.Tool:
    return mcp_types.Tool(name=name, **{"description": "Find the notes.", **more})


def imported(*tools: mcp_types.Tool) -> tuple[dict[str, Any], list[str], str]:
    """Return the answers, what is lost, and the file."""
    info = mcp_types.Implementation(name="Harbour Log", version="1")
    text, lost = answers_file(Offer(info=info, instructions=None, tools=tools))
    return yaml.safe_load(text), lost, text


def of(schema: Schema, **definitions: Schema) -> Schema:
    return with_argument(schema) | {"$defs": DEFINITIONS | definitions}


def test_what_is_in_itself_is_a_type(check: Check) -> None:
    node = {"$ref": "#/$defs/tree-node"}
    arguments = of({"type": "array", "items": node, "description": "Nodes."})
    nullable = {"anyOf": [node, {"type": "null"}], "default": None}
    result = of(node | {"description": "The node."})
    answers, lost, text = imported(
        tool(input_schema=arguments, output_schema=result),
        tool("other", description="Other.", input_schema=of(nullable) | {"required": []}),
    )
    assert answers["types"] == TYPES
    first, second = answers["tools"]
    assert first["arguments"] == {"a": {"type": "list[TreeNode]", "description": "Nodes."}}
    assert first["result"] == {"a": {"type": "TreeNode", "description": "The node."}}
    assert second["arguments"] == {"a": {"type": "TreeNode | None"}}
    assert (lost, check.mistakes(text)) == ([], [])


@pytest.mark.parametrize("null", [["null", "ref"], ["ref", "null"]])
def test_an_object_or_null_may_be_one_of_two(null: list[str]) -> None:
    """A value is never both, so `oneOf` says what `anyOf` does."""
    options = {"ref": {"$ref": "#/$defs/tree-node"}, "null": {"type": "null"}}
    either = {"oneOf": [options[one] for one in null]}
    answers, lost, _ = imported(tool(input_schema=of(either) | {"required": []}))
    assert answers["tools"][0]["arguments"] == {
        "a": {"type": "TreeNode", "required": False, "nullable": True}
    }
    assert lost == []


def test_one_of_two_that_may_both_be_null_is_no_object_or_null() -> None:
    loose = {"properties": {"a": {"$ref": "#/$defs/loose"}}}
    either = {"oneOf": [{"$ref": "#/$defs/loose"}, {"type": "null"}]}
    answers, _, _ = imported(tool(input_schema=of(either, loose=loose)))
    assert answers["tools"][0]["schema"]["arguments"]["properties"]["a"] == either


def test_what_is_in_nothing_stays_where_it_is() -> None:
    flat = {
        "type": "object",
        "properties": {"x": {"type": "integer"}},
        "additionalProperties": False,
    }
    answers, _, _ = imported(tool(input_schema=of({"$ref": "#/$defs/flat"}, flat=flat)))
    assert "types" not in answers
    assert answers["tools"][0]["arguments"] == {
        "a": {"fields": {"x": {"type": "int", "required": False}}}
    }


def test_a_definition_that_stands_where_it_is_used_is_a_type_as_well() -> None:
    schema = of(NODE | {"description": "The first."})
    found: dict[str, Any] = {}
    fields = make_fields(schema, "arguments", found).fields
    assert (fields, found) == ({"a": {"type": "TreeNode", "description": "The first."}}, TYPES)
    # It has nothing to say where the type says something.
    bare = {key: NODE[key] for key in NODE if key != "description"}
    fields = make_fields(of(bare), "arguments", found).fields
    assert fields["a"]["fields"]["nodes"] == {"type": "list[TreeNode]"}


def test_two_definitions_of_one_name_are_two_types(check: Check) -> None:
    other = NODE | {"additionalProperties": False}
    answers, _, text = imported(
        tool(input_schema=of({"$ref": "#/$defs/tree-node"})),
        tool("same", description="Same.", input_schema=of({"$ref": "#/$defs/tree-node"})),
        tool(
            "other",
            description="Other.",
            input_schema=of({"$ref": "#/$defs/tree-node"}, **{"tree-node": other}),
        ),
    )
    assert [*answers["types"]] == ["TreeNode", "TreeNode2", "Way", "Way2"]
    types = [one["arguments"]["a"]["type"] for one in answers["tools"]]
    assert types == ["TreeNode", "TreeNode", "TreeNode2"]
    assert check.mistakes(text) == []


OTHERWISE = {
    "what never ends": NODE | {"properties": {"name": {"$ref": "#/$defs/tree-node"}}},
    "what has a default": NODE | {"properties": NODE["properties"] | {"a": {"default": 1}}},
    "what is no object": {"type": "array", "items": {"$ref": "#/$defs/tree-node"}},
    "what the language has no words for": NODE | {"minProperties": 1},
}


def test_what_is_one_of_several_as_a_whole_is_a_raw_schema_and_says_so(check: Check) -> None:
    """Behind a field it is a type: as a whole it has no parts that have names."""
    whole = {"type": "object", "$defs": DEFINITIONS} | WAY
    field = of({"$ref": "#/$defs/way"})
    answers, _, text = imported(tool(input_schema=field, output_schema=whole))
    (found,) = answers["tools"]
    assert found["arguments"] == {"a": {"type": "Way"}}
    assert found["schema"]["result"] == whole
    assert "# result: is as a whole one of several objects; no fields say that.\n" in text
    assert check.mistakes(text) == []


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_no_type_can_say_is_a_raw_schema(check: Check, name: str) -> None:
    definitions = {"tree-node": OTHERWISE[name] | {"required": ["name"]}}
    schema = of({"$ref": "#/$defs/tree-node"}, **definitions)
    answers, _, text = imported(tool(input_schema=schema))
    assert "types" not in answers
    assert answers["tools"][0]["schema"]["arguments"] == schema
    assert check.mistakes(text) == []


NAMES = {
    "Model": "ModelType",
    "Warning": "WarningType",
    "UUID": "UUIDType",
    "tree-arguments": "TreeArgumentsType",
    "größe": "GrE",
    "123": None,
}


@pytest.mark.parametrize("name", NAMES)
def test_names_that_no_type_can_have_are_changed_or_a_raw_schema(check: Check, name: str) -> None:
    node = {"type": "object", "properties": {"a": {"$ref": f"#/$defs/{name}"}}}
    schema = with_argument({"$ref": f"#/$defs/{name}"}) | {"$defs": {name: node}}
    answers, _, text = imported(tool(input_schema=schema))
    if type_ := NAMES[name]:
        again = {"fields": {"a": {"type": type_, "required": False}}, "additional": True}
        assert answers["types"] == {type_: again}
        assert answers["tools"][0]["arguments"] == {"a": {"type": type_}}
    else:
        assert answers["tools"][0]["schema"]["arguments"] == schema
    assert check.mistakes(text) == []


def inline(type_: str) -> Schema:
    """Return an object that stands where it is used."""
    return CLOSED | {"properties": {"x": {"type": type_}}, "required": ["x"]}


@pytest.mark.parametrize("names", [["tree", "treeNode"], ["treeNode", "tree"]])
def test_a_type_that_is_called_like_a_class_gets_another_name(
    check: Check, names: list[str]
) -> None:
    """The field `node` of the type `Tree` is a class `TreeNode`."""
    back = {"type": "array", "items": {"$ref": "#/$defs/tree"}}
    parts = {
        "tree": CLOSED | {"properties": {"node": inline("integer"), "back": back}},
        "treeNode": CLOSED | {"properties": {"back": back, "node": {"$ref": "#/$defs/treeNode"}}},
    }
    schema = with_argument({"$ref": "#/$defs/treeNode"}) | {"$defs": {n: parts[n] for n in names}}
    answers, lost, text = imported(tool(input_schema=schema))
    assert [*answers["types"]] == ["Tree", "TreeNodeType"]
    assert answers["types"]["TreeNodeType"]["fields"]["node"]["type"] == "TreeNodeType"
    assert answers["tools"][0]["arguments"] == {"a": {"type": "TreeNodeType"}}
    assert (lost, check.mistakes(text)) == ([], [])


def test_a_type_that_is_called_like_a_class_of_a_tool_gets_another_name(check: Check) -> None:
    node = CLOSED | {"properties": {"x": {"$ref": "#/$defs/findNotesArgumentsB"}}}
    schema = CLOSED | {
        "properties": {"a": {"$ref": "#/$defs/findNotesArgumentsB"}, "b": inline("string")},
        "required": ["a", "b"],
        "$defs": {"findNotesArgumentsB": node},
    }
    answers, lost, text = imported(tool(input_schema=schema))
    assert answers["tools"][0]["arguments"]["a"] == {"type": "FindNotesArgumentsBType"}
    assert (lost, check.mistakes(text)) == ([], [])


def with_references(node: Any) -> Any:
    """Return a schema in which names of types are references to definitions."""
    if isinstance(node, list):
        return [with_references(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {key: with_references(part) for key, part in node.items()}
    if isinstance(node.get("$ref"), str):
        found["$ref"] = f"#/$defs/{node['$ref']}"
    return found


def schema_of(fields: Any, types: Any, *, optional: bool, additional: bool = False) -> Schema:
    definitions = {
        name: type_schema(one) if "enum" not in one else {"enum": one["enum"]}
        for name, one in types.items()
    }
    whole = object_schema(fields, optional=optional, additional=additional)
    schema: Schema = with_references(whole | {"$defs": definitions})
    return schema


@pytest.mark.parametrize("part", ["arguments", "result"])
@search(40)
@given(types=declarations.shared_types(), data=st.data())
def test_what_types_render_to_is_made_types_again(
    part: str, types: dict[str, Any], data: st.DataObject
) -> None:
    types, optional = in_json(types), part == "arguments"
    names = data.draw(st.lists(st.sampled_from(sorted(types)), min_size=1, max_size=3))
    forms = st.sampled_from(["{}", "list[{}]", "dict[str, {}]"])
    fields = {
        f"a{index}": {"type": data.draw(forms).format(one)} for index, one in enumerate(names)
    }
    schema = schema_of(fields, types, optional=optional)
    found: dict[str, Any] = {}
    try:
        made = make_fields(json.loads(json.dumps(schema)), part, found)
    except InexpressibleError as error:
        # Choices and what is of no known pattern; these are schemas in all imports.
        inexpressible = str(error)
    else:
        inexpressible = ""
    assert "would not say the same" not in inexpressible
    if inexpressible:
        return
    again = schema_of(made.fields, found, optional=optional, additional=made.additional)
    kept = {reference: reference.rpartition("/")[2] for reference in recursive(schema)}
    assert found.keys() == {*kept.values()}
    # What says the same as a type that is in itself, but is not, may be written as that type.
    assert same(_normal(again, again, kept), _normal(schema, schema, kept))
    for reference in kept:
        one, other = (normal(definition(each, reference), kept=kept) for each in (again, schema))
        assert same(one, other)
