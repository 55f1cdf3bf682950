"""Hints: what no render refuses, and no false alarms."""
# ruff: noqa: E501

from typing import Any

import pytest

from support.checking import Check
from support.refusals import typed
from support.rendering import ROOT

pytestmark = pytest.mark.quick


def tool(**more: Any) -> dict[str, Any]:
    return {"name": "find_notes", "description": "Find notes with all words."} | more


SHORT = "is too short for a model to choose by; say what the tool does, and when."
DESTRUCTIVE = "sounds destructive; write hints: [destructive], so that clients ask first."
MOCK = "cannot be mocked; write an example."

UNDESCRIBED = "has no description; a model has nothing to choose it by."
LONG = "has 2069 characters, and some clients show no more than 2048; shorten it."
GUESS = "without a description; a model has to guess what it means."
YAML = "has true or false, as which YAML reads on, off, yes and no, too; put such a word in quotes, or write the type."
WORDS = {"enum": [1, False], "description": "What."}
ONE_OF = {
    "description": "What.",
    "tag": "kind",
    "one_of": {"b": {"description": "B."}, "c": {"description": "C."}},
}
OBJECT = {"description": "What.", "fields": {"d": {"type": "int"}}}

NODE = {"fields": {"a": typed("int", example=1), "n": typed("list[Node]", required=False)}}
BRANCH = {"fields": {"a": typed("int", example=1), "n": typed("list[Node]")}}
LEAF = {"fields": {"a": typed("int"), "b": {"type": "int"}}}
UNUSED = "no field has this type; leave it out."


def with_types(types: dict[str, Any], **result: Any) -> dict[str, Any]:
    return {"types": types, "tools": [tool(result=result)]}


HINTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"tools": [tool(result={"a": typed("int", required=False)})]}, [f"result: a {MOCK}"]),
    ({"tools": [tool()]}, []),
    ({"tools": [{"name": "find"}]}, [UNDESCRIBED]),
    ({"tools": [tool(description="Find it. " * 227)]}, []),
    ({"tools": [tool(description="Find it. " * 230)]}, [f"description: {LONG}"]),
    (
        {"tools": [tool(arguments={"a": {"type": "int"}, "b": OBJECT, "c": typed("int")})]},
        [f"arguments: a, b.d {GUESS}"],
    ),
    ({"tools": [tool(result={"a": {"type": "int", "example": 1}})]}, [f"result: a {GUESS}"]),
    ({"tools": [tool(description="Find notes.")]}, [f"description: {SHORT}"]),
    ({"tools": [tool(description="查找笔记内容")]}, []),
    ({"tools": [tool(name="delete_note")]}, [f"name: {DESTRUCTIVE}"]),
    ({"tools": [tool(name="purge", hints=["idempotent"])]}, [f"name: {DESTRUCTIVE}"]),
    ({"tools": [tool(name="delete_note", hints=["destructive"])]}, []),
    ({"tools": [tool(name="find_deleted_notes")]}, []),
    (
        {"tools": [tool(result={"a": typed("int"), "b": typed("int | None")})]},
        [f"result: a {MOCK}"],
    ),
    ({"tools": [tool(result={"a": typed("int", example=1)})]}, []),
    ({"tools": [tool(result={"a": {"enum": ["a", None], "description": "What."}})]}, []),
    (
        {"tools": [tool(result={"a": {"enum": ["a"], "description": "What."}})]},
        [f"result: a {MOCK}"],
    ),
    (
        {"tools": [tool(arguments={"a": {"enum": [True, "x"], "description": "What."}})]},
        [f"arguments.a: enum: {YAML}"],
    ),
    (
        {"tools": [tool(arguments={"a": typed("object", fields={"b": WORDS})})]},
        [f"arguments.a.b: enum: {YAML}"],
    ),
    ({"tools": [tool(arguments={"a": typed("bool", enum=[True])})]}, []),
    (
        {
            "tools": [
                tool(arguments={"a": ONE_OF | {"one_of": {"b": {}, "c": {"fields": {"d": WORDS}}}}})
            ]
        },
        [f"arguments: a.b, a.c {GUESS}", f"arguments.a.c.d: enum: {YAML}"],
    ),
    ({"tools": [tool(result={"a": ONE_OF})]}, [f"result: a {MOCK}"]),
    ({"tools": [tool(result={"a": ONE_OF | {"example": {"kind": "b"}}})]}, []),
    (
        {"tools": [tool(result={"a": {"description": "What.", "fields": {"b": typed("int")}}})]},
        [f"result: a {MOCK}"],
    ),
    (
        {
            "tools": [
                tool(
                    result={
                        "a": {
                            "type": "list[object]",
                            "description": "What.",
                            "fields": {"b": typed("int", example=1)},
                        }
                    }
                )
            ]
        },
        [],
    ),
    (
        {
            "distribution_name": "notes-of-a-very-large-company-with-offices",
            "tools": [tool(name="find_the_notes")],
        },
        [],
    ),
    (
        {
            "distribution_name": "notes-of-a-very-large-company-with-offices",
            "tools": [tool(name="find_all_the_notes")],
        },
        [
            "name: has 67 characters as mcp__notes-of-a-very-large-company-with-offices__find_all_the_notes, and clients that write it so cut or refuse it after 64; shorten it, or distribution_name."
        ],
    ),
]


@pytest.mark.parametrize(("answers", "hints"), HINTS)
def test_hints_about_a_tool(check: Check, answers: dict[str, Any], hints: list[str]) -> None:
    (one,) = answers["tools"]
    assert check.hints(answers) == [f"tools[0] {one['name']}: {hint}" for hint in hints]
    assert check.mistakes(answers) == []


TYPE_HINTS: list[tuple[dict[str, Any], list[str]]] = [
    (with_types({"Node": NODE}, a=typed("Node"), b=typed("list[Node]")), []),
    (with_types({"Node": BRANCH}, a=typed("Node")), [f"tools[0] find_notes: result: a {MOCK}"]),
    (
        with_types({"Node": NODE}, a=typed("dict[str, Node]")),
        [f"tools[0] find_notes: result: a {MOCK}"],
    ),
    (with_types({"Node": LEAF}, a=typed("Node | None")), [f"types.Node: fields: b {GUESS}"]),
    (
        with_types({"Node": LEAF}, a=typed("Node")),
        [f"types.Node: fields: b {GUESS}", f"tools[0] find_notes: result: a {MOCK}"],
    ),
    ({"types": {"Node": NODE}}, [f"types.Node: {UNUSED}"]),
    ({"types": {"Node": NODE, "No": NODE}}, [f"types.No: {UNUSED}"]),
]


@pytest.mark.parametrize(("answers", "hints"), TYPE_HINTS)
def test_hints_about_types(check: Check, answers: dict[str, Any], hints: list[str]) -> None:
    assert check.hints(answers) == hints
    assert check.mistakes(answers) == []


def test_descriptions_of_the_same_words_are_alike(check: Check) -> None:
    tools = [
        tool(),
        tool(name="get_notes", description="find all notes, with words"),
        tool(name="get_tags", description="Find tags with all words."),
    ]
    assert check.hints({"tools": tools}) == [
        "tools[1] get_notes: description: has the words of tools[0] find_notes; say how they differ, or a model cannot choose."
    ]


def test_many_tools_are_a_hint(check: Check) -> None:
    tools = [tool(name=f"find_{a}{b}", description=f"Find {a} and {b} in all notes.")
             for a in "abcdef" for b in "ghijklm"]  # fmt: skip
    assert check.hints({"tools": tools[:40]}) == []
    (hint,) = check.hints({"tools": tools})
    assert hint.startswith("tools: 42 are more than some clients show a model, which is 40;")


def test_a_resource_needs_no_description_but_should_have_one(check: Check) -> None:
    resources = [{"uri": "notes://index", "name": "all_notes"}]
    (hint,) = check.hints({"resources": resources})
    assert (
        hint == "resources[0] all_notes: has no description; a model that looks for it needs one."
    )


DELETE = tool(
    name="delete_note", description="Delete one note for good.", hints=["destructive"], confirm="?"
)
MOVE = tool(name="move_note", description="Move a note to another book.", confirm="Sure?")


@pytest.mark.parametrize(
    ("answers", "names"),
    [
        ({"http": True, "tools": [DELETE]}, "delete_note"),
        ({"http": True, "tools": [tool(), DELETE, MOVE]}, "delete_note, move_note"),
        ({"http": True, "tools": [DELETE | {"confirm": ""}, MOVE]}, "move_note"),
        ({"http": False, "tools": [DELETE]}, None),
        ({"http": "maybe", "tools": [DELETE]}, None),
        ({"tools": [DELETE]}, None),
        ({"http": True, "tools": [tool()]}, None),
        ({"http": True}, None),
    ],
)
def test_confirmation_over_http_needs_sessions(
    check: Check, answers: dict[str, Any], names: str | None
) -> None:
    expected = f"http: clients of 2025-11-25 without a session cannot confirm {names}; serve them with HARBOUR_LOG_SESSIONS=100."
    answers = {"project_name": "Harbour Log"} | answers
    assert check.notes(answers) == ([expected] if names else [])
    assert check.hints(answers) == []


def test_there_are_no_hints_about_what_is_mistaken_anyway(check: Check) -> None:
    tools = [
        tool(name="delete it", description=""),
        5,
        tool(name="a_b", result={"a": typed("text"), "b": {"description": "What."}}),
    ]
    assert check.hints({"tools": tools}) == []
    fields = {"b": typed("datetime or nothing")}
    result = {"a": {"type": "list[object]", "description": "What.", "fields": fields}}
    assert check.hints({"tools": [tool(result=result)]}) == []


@pytest.mark.parametrize("name", ["library", "notes", "orders", "workspace"])
def test_the_examples_have_no_false_alarms(check: Check, name: str) -> None:
    hints = check.hints((ROOT / "examples" / f"{name}.yml").read_bytes())
    # Two resources have no description there, which is allowed.
    assert len(hints) == (2 if name == "orders" else 0)
