"""The answers file: YAML that the check has nothing against, and what is said to be lost."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mcp import types

from copier_mcp.importing.declaring import MAX_RESOURCES
from copier_mcp.importing.failures import UnreadableError
from copier_mcp.importing.reading import Offer
from copier_mcp.importing.verb import answers_file
from copier_mcp.importing.writing import comment, commented_out, dumped, entry_text
from support import declarations
from support.checking import Check

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("_asked_once")]

SEARCH = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))

OPEN: dict[str, Any] = {"type": "object"}
CLOSED = OPEN | {"additionalProperties": False}
ICONS = [types.Icon(src="https://example.com/icon.png", sizes=["48x48"], theme="dark")]
UNION = {"anyOf": [{"type": "string"}, {"type": "array"}]}


def tool(name: str = "find_notes", **more: Any) -> types.Tool:
    given = {"description": "Find the notes.", "input_schema": CLOSED} | more
    return types.Tool(name=name, **given)


def with_argument(schema: dict[str, Any]) -> dict[str, Any]:
    return CLOSED | {"properties": {"a": schema}, "required": ["a"]}


def imported(*tools: types.Tool, **more: Any) -> tuple[dict[str, Any], list[str], str]:
    """Return the answers, what is lost, and the file."""
    info = types.Implementation(name="Harbour Log", version="1")
    offer = Offer(**{"info": info, "instructions": None, "tools": tools} | more)
    text, lost = answers_file(offer)
    return yaml.safe_load(text), lost, text


# What is declared -------------------------------------------------------------------------------


def test_a_tool_is_declared_with_all_that_the_language_has(check: Check) -> None:
    hints = types.ToolAnnotations(read_only_hint=True, idempotent_hint=True)
    schema = with_argument({"type": "string", "description": "A word."})
    result = with_argument({"type": "integer"})
    one = tool(title="Find", annotations=hints, input_schema=schema, output_schema=result)
    answers, lost, text = imported(one)
    assert answers == {
        "project_name": "Harbour Log",
        "tools": [
            {
                "name": "find_notes",
                "title": "Find",
                "description": "Find the notes.",
                "hints": ["read_only", "idempotent"],
                "arguments": {"a": {"type": "str", "description": "A word."}},
                "result": {"a": {"type": "int"}},
            }
        ],
    }
    assert lost == []
    assert check.mistakes(text) == []


def test_hints_that_say_no_are_kept() -> None:
    hints = types.ToolAnnotations(title="Find", read_only_hint=True, open_world_hint=False)
    answers, lost, _ = imported(tool(annotations=hints))
    (declared,) = answers["tools"]
    assert declared["hints"] == {"read_only": True, "open_world": False}
    assert declared["title"] == "Find"
    assert lost == []


def test_a_tool_without_a_schema_of_its_results_returns_text(check: Check) -> None:
    answers, lost, text = imported(tool())
    assert answers["tools"][0]["content"] == "text"
    assert "    # A guess: the server declares no result.\n    content" in text
    assert lost == []
    assert check.mistakes(text) == []


def test_what_fields_cannot_say_is_a_schema_with_the_reason(check: Check) -> None:
    schema = with_argument(UNION) | {"$schema": "http://json-schema.org/draft-07/schema#"}
    answers, lost, text = imported(tool(input_schema=schema))
    (declared,) = answers["tools"]
    assert "arguments" not in declared
    assert declared["schema"] == {"arguments": with_argument(UNION)}
    assert "    # arguments.a: has anyOf; no fields say that.\n    schema:" in text
    assert lost == []
    assert check.mistakes(text) == []


@pytest.mark.parametrize("key", ["_fastmcp", "fastmcp"])
def test_what_fastmcp_says_everywhere_is_left_out(key: str) -> None:
    empty: dict[str, Any] = {key: {"tags": []}}
    prompt = types.Prompt(name="tidy", _meta=empty)
    resource = types.Resource(uri="notes://index", name="index", _meta=empty)
    lost = imported(tool(_meta=empty), prompts=[prompt], resources=[resource])[1]
    assert lost == []
    tagged: dict[str, Any] = {key: {"tags": ["a"]}}
    assert imported(tool(_meta=tagged | {"a": 1}))[1] == [
        f'tools[0] find_notes: _meta: {{"{key}":{{"tags":["a"]}},"a":1}}'
    ]


def test_a_result_that_fastmcp_wraps_is_made_of_fields(check: Check) -> None:
    wrapped = OPEN | {
        "properties": {"result": {"type": "array", "items": {"type": "string"}}},
        "required": ["result"],
        "title": "_WrappedResult",
        "description": "Generic wrapper for non-object return types.",
        "x-fastmcp-wrap-result": True,
    }
    answers, lost, text = imported(tool(output_schema=wrapped))
    assert answers["tools"][0]["result"] == {"result": {"type": "list[str]"}}
    assert "schema" not in answers["tools"][0]
    assert lost == []
    assert check.mistakes(text) == []


def test_open_arguments_are_additional(check: Check) -> None:
    answers, lost, text = imported(tool(input_schema=OPEN))
    assert answers["tools"][0]["additional"] is True
    assert lost == []
    assert check.mistakes(text) == []


@pytest.mark.parametrize(
    ("arguments", "result", "additional"),
    [
        (CLOSED, OPEN, ["result"]),
        (OPEN, OPEN, ["arguments", "result"]),
        (OPEN, with_argument(UNION), True),
        (with_argument(UNION), OPEN, ["result"]),
    ],
)
def test_open_results_are_named(
    check: Check, arguments: dict[str, Any], result: dict[str, Any], additional: Any
) -> None:
    answers, lost, text = imported(tool(input_schema=arguments, output_schema=result))
    assert answers["tools"][0]["additional"] == additional
    assert lost == []
    assert check.mistakes(text) == []


def test_resources_templates_and_prompts_are_declared(check: Check) -> None:
    arguments = [
        types.PromptArgument(name="city", description="Where.", required=True),
        types.PromptArgument(name="state"),
    ]
    answers, lost, text = imported(
        resources=[types.Resource(uri="notes://index", name="The index", mime_type="text/plain")],
        templates=[types.ResourceTemplate(uri_template="notes://{noteId}", name="note", title="A")],
        prompts=[types.Prompt(name="ask", description="Ask.", arguments=arguments)],
    )
    assert answers["resources"] == [
        {"uri": "notes://{noteId}", "name": "note", "title": "A"},
        {"uri": "notes://index", "name": "The index", "mime_type": "text/plain"},
    ]
    assert answers["prompts"] == [
        {
            "name": "ask",
            "description": "Ask.",
            "arguments": {"city": {"description": "Where."}, "state": {"required": False}},
        }
    ]
    assert lost == []
    assert check.mistakes(text) == []


def test_icons_are_declared(check: Check) -> None:
    answers, lost, text = imported(
        tools=[tool(icons=[*ICONS, types.Icon(src="data:image/png;base64,iVBO", sizes=[])])],
        resources=[types.Resource(uri="a:b", name="a", icons=ICONS)],
        prompts=[types.Prompt(name="ask", icons=ICONS)],
    )
    icon = {"src": "https://example.com/icon.png", "sizes": ["48x48"], "theme": "dark"}
    assert answers["tools"][0]["icons"] == [icon, {"src": "data:image/png;base64,iVBO"}]
    assert answers["resources"][0]["icons"] == answers["prompts"][0]["icons"] == [icon]
    assert lost == []
    assert check.mistakes(text) == []


def test_a_server_that_offers_nothing_is_a_project() -> None:
    assert imported() == ({"project_name": "Harbour Log"}, [], "project_name: Harbour Log\n")


# What is lost -----------------------------------------------------------------------------------

LOST: dict[str, tuple[dict[str, Any], str]] = {
    "icons that are not safe": (
        {"tools": [tool(icons=[types.Icon(src="http://example.com/icon.png")])]},
        'tools[0] find_notes: icons: [{"src":"http://example.com/icon.png"}]; icons[0].src: ',
    ),
    "meta": ({"tools": [tool(_meta={"a": 1})]}, 'tools[0] find_notes: _meta: {"a":1}'),
    "tasks": (
        {"tools": [tool(execution=types.ToolExecution(task_support="required"))]},
        "tools[0] find_notes: execution: taskSupport required",
    ),
    "two titles": (
        {"tools": [tool(title="A", annotations=types.ToolAnnotations(title="B"))]},
        "tools[0] find_notes: annotations.title: B",
    ),
    "hints that exclude each other": (
        {
            "tools": [
                tool(annotations=types.ToolAnnotations(read_only_hint=True, destructive_hint=True))
            ]
        },
        "tools[0] find_notes: destructiveHint: true; what is read-only is not destructive",
    ),
    "a result that is no object": (
        {"tools": [tool(output_schema={"type": "string"})]},
        'tools[0] find_notes: outputSchema: {"type":"string"}',
    ),
    "a pattern": (
        {"tools": [tool(input_schema=with_argument({"type": "string", "pattern": "a(?=b)"}))]},
        "tools[0] find_notes: arguments: the pattern a(?=b); let the handler check it",
    ),
    "what no server checks": (
        {"tools": [tool(input_schema={"type": "object", "unevaluatedProperties": False})]},
        "tools[0] find_notes: arguments: unevaluatedProperties; let the handler check it",
    ),
    "signs that cannot be printed": (
        {"tools": [tool(description="Find\x00\x1b[2J the notes.")]},
        "tools[0] find_notes: description: has characters that cannot be printed",
    ),
    "a long title": (
        {"tools": [tool(title="A" * 101)]},
        f"tools[0] find_notes: title: {'A' * 79}…; title: It has 101 characters: shorten it to ",
    ),
    "a long description": (
        {"tools": [tool(description="A" * 10_001)]},
        "tools[0] find_notes: description: has 10,001 characters, of which the first 10,000 are ",
    ),
    "a long description of an argument of a prompt": (
        {
            "prompts": [
                types.Prompt(
                    name="ask",
                    arguments=[types.PromptArgument(name="a", description="A" * 10_001)],
                )
            ]
        },
        "prompts[0] ask: arguments.a.description: has 10,001 characters, of which the first ",
    ),
    "a size": (
        {"resources": [types.Resource(uri="a:b", name="a", size=5)]},
        "resources[0] a: size: 5",
    ),
    "annotations": (
        {
            "resources": [
                types.Resource(uri="a:b", name="a", annotations=types.Annotations(priority=0.5))
            ]
        },
        'resources[0] a: annotations: {"priority":0.5}',
    ),
    "many resources": (
        {
            "resources": [
                types.Resource(uri=f"a:{number}", name=f"r{number}")
                for number in range(MAX_RESOURCES + 3)
            ]
        },
        f"resources: 3 more, beginning with r{MAX_RESOURCES}; where the server finds them itself, ",
    ),
    "titles of arguments": (
        {
            "prompts": [
                types.Prompt(name="ask", arguments=[types.PromptArgument(name="a", title="The a")])
            ]
        },
        "prompts[0] ask: arguments.a.title: The a",
    ),
    "instructions": ({"instructions": "Use\nit."}, "instructions: Use it."),
    "a name": (
        {"info": types.Implementation(name="x" * 61, version="1", website_url="https://a.b")},
        "serverInfo.websiteUrl: https://a.b",
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_what_is_lost_is_said_with_its_place(name: str, check: Check) -> None:
    offered, said = LOST[name]
    _, lost, text = imported(**offered)
    assert any(line.startswith(said) for line in lost), lost
    assert check.mistakes(text if "project_name" in text else f"project_name: A\n{text}") == []


# What is refused --------------------------------------------------------------------------------


def test_names_that_are_one_in_python_are_named_and_the_others_are_declared(check: Check) -> None:
    """Also where several are refused at once."""
    names = ("find_notes", "findNotes", "keep_note", "find-notes", "keepNote", "drop_note")
    answers, lost, text = imported(*(tool(name, description=name) for name in names))
    assert [one["name"] for one in answers["tools"]] == ["find_notes", "keep_note", "drop_note"]
    assert [line.partition(": ")[0] for line in lost] == [
        "tools[1] findNotes",
        "tools[3] find-notes",
        "tools[4] keepNote",
    ]
    assert all(
        "would both be" in line and "; give one of them another name." in line for line in lost
    )
    assert "\n  # - name: findNotes\n  #   description: findNotes\n" in text
    assert check.mistakes(text) == []


def test_what_is_wrong_behind_something_refused_is_found(check: Check) -> None:
    """The place that the check names is one among those that are left."""
    refused = tool(input_schema=with_argument({"type": "string", "required": True}))
    answers, lost, text = imported(refused, tool("keep_note", title="A" * 101), tool("drop_note"))
    assert [one["name"] for one in answers["tools"]] == ["keep_note", "drop_note"]
    assert [line.partition(": ")[0] for line in lost] == [
        "tools[0] find_notes",
        "tools[1] keep_note",
    ]
    assert check.mistakes(text) == []


def test_of_two_with_one_name_the_first_is_declared(check: Check) -> None:
    answers, lost, text = imported(tool(description="The first."), tool(description="The second."))
    assert [one["description"] for one in answers["tools"]] == ["The first."]
    assert len(lost) == 1
    assert lost[0].startswith("tools[1] find_notes: two are called find_notes;")
    assert check.mistakes(text) == []


def test_a_list_of_which_all_is_refused_is_empty(check: Check) -> None:
    answers, lost, text = imported(resources=[types.Resource(uri="HTTP://x", name="a")])
    assert answers["resources"] == []
    assert len(lost) == 1
    assert check.mistakes(text) == []


def test_fields_that_the_check_refuses_are_a_schema(check: Check) -> None:
    argument = {"type": "string", "enum": ["a\tb", "c"], "examples": ["c", "d"]}
    schema = with_argument(argument) | {"description": "Which notes."}
    answers, lost, text = imported(tool(input_schema=schema))
    assert answers["tools"][0]["schema"] == {"arguments": schema}
    assert "# The check refuses fields: arguments.a: enum[0]: " in text
    assert lost == []
    assert check.mistakes(text) == []


def test_an_example_that_the_check_refuses_goes_alone(check: Check) -> None:
    schema = with_argument({"type": "string", "examples": [5]})
    answers, lost, text = imported(tool(input_schema=schema))
    assert answers["tools"][0]["arguments"] == {"a": {"type": "str"}}
    assert len(lost) == 1
    assert lost[0].startswith(
        "tools[0] find_notes: arguments: the examples; arguments.a: example: 5"
    )
    assert check.mistakes(text) == []


def test_a_pattern_that_is_dropped_leaves_fields(check: Check) -> None:
    schema = with_argument({"type": "string", "pattern": "^(?!-)", "maxLength": 9})
    answers, lost, text = imported(tool(input_schema=schema))
    assert answers["tools"][0]["arguments"] == {"a": {"type": "str", "max_length": 9}}
    assert lost == ["tools[0] find_notes: arguments: the pattern ^(?!-); let the handler check it"]
    assert check.mistakes(text) == []


def test_a_name_that_makes_no_project_is_left_to_whoever_renders() -> None:
    info = types.Implementation(name="x" * 61, version="1", title="  ", description="Is good.")
    answers, lost, text = imported(info=info)
    assert answers == {"description": "Is good."}
    assert text.startswith("# The server has no name for a project; write project_name.\n")
    assert lost == [f"serverInfo.name: {'x' * 61}; write project_name"]
    assert imported(info=None)[0] == {"tools": []}


@pytest.mark.parametrize("name", ["COM1", "a\tb"])
def test_a_name_that_the_check_refuses_is_lost(name: str) -> None:
    answers, lost, _ = imported(tool(), info=types.Implementation(name=name, version="1"))
    assert list(answers) == ["tools"] or answers["project_name"] == name
    assert bool(lost) == ("project_name" not in answers)


def nested(depth: int) -> dict[str, Any]:
    """Return the schema of an object in objects."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = with_argument(schema)
    return schema


UNUSABLE: dict[str, dict[str, Any]] = {
    "no schema": with_argument({"type": "string", "required": True}),
    "deep": nested(30) | {"minProperties": 1},
    "deep fields": nested(30),
    "a reference elsewhere": with_argument({"$ref": "https://example.com/a.json"}),
    "long": with_argument({"type": "string", "format": "x" * 100_000}),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_tool_whose_schema_no_server_can_have_is_a_comment(name: str, check: Check) -> None:
    answers, lost, text = imported(tool(input_schema=UNUSABLE[name]), tool("keep_note"))
    assert [one["name"] for one in answers["tools"]] == ["keep_note"]
    assert len(lost) == 1
    assert lost[0].startswith("tools[0] find_notes: ")
    assert "; " in lost[0]
    assert "  # # Refused: " in text
    assert check.mistakes(text) == []


def test_a_tool_that_fills_the_file_alone_is_a_comment(check: Check) -> None:
    schema = with_argument({"type": "string", "description": "A" * 2_200_000})
    answers, lost, text = imported(tool("wide", input_schema=schema), tool("other"))
    assert [one["name"] for one in answers["tools"]] == ["other"]
    (said,) = lost
    assert re.fullmatch(r"tools\[0\] wide: has 2,\d{3},\d{3} characters of at most .*", said)
    assert "  # - name: wide\n" in text
    assert check.mistakes(text) == []


def test_more_than_an_answers_file_holds_is_explained() -> None:
    schema = with_argument({"type": "string", "format": "x" * 90_000})
    with pytest.raises(UnreadableError, match=r"^no answers file can say .* more than 2 MiB"):
        imported(*(tool(f"tool_{number}", input_schema=schema) for number in range(25)))


# YAML -------------------------------------------------------------------------------------------

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | declarations.texts() | st.text(st.characters(codec="utf-8")),
    lambda part: st.lists(part, max_size=4)
    | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=9), part, max_size=4),
    max_leaves=12,
)  # fmt: skip
mappings = st.dictionaries(st.sampled_from(["name", "on", "a b", "é", "5"]), values, min_size=1)


@SEARCH
@example({"name": {"\x85": "a\u2028b\nc"}}, [])
@given(mappings, st.lists(st.text(), max_size=2))
def test_entries_are_read_back_whatever_is_in_them(entry: dict[str, Any], notes: list[str]) -> None:
    text = entry_text(entry, dict.fromkeys(["", *list(entry)[1:]], notes))
    assert yaml.safe_load(f"a:\n{text}") == {"a": [entry]}
    assert yaml.safe_load(f"a: 1\n{commented_out(text)}b: 2\n") == {"a": 1, "b": 2}
    assert yaml.safe_load(dumped(entry)) == entry


@SEARCH
@given(st.text())
def test_comments_are_comments(text: str) -> None:
    assert yaml.safe_load(f"{comment(text)}a: 1\n") == {"a": 1}


def test_short_fields_stand_in_a_line_and_texts_over_lines() -> None:
    field = {"type": "str", "description": "A word."}
    entry = {"name": "find", "description": "Find it.\n\nNow.", "arguments": {"a": field}}
    assert entry_text(entry, {"arguments": ["Why."]}) == (
        "  - name: find\n"
        "    description: |-\n"
        "      Find it.\n"
        "\n"
        "      Now.\n"
        "    # Why.\n"
        "    arguments:\n"
        "      a: {type: str, description: A word.}\n"
    )
