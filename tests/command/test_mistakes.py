"""`check` finds what a render refuses, in the same words, all at once and at its place."""
# ruff: noqa: E501

import copy
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from copier._main import Worker
from copier.errors import InvalidTypeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copier_mcp.check.findings import Mark
from copier_mcp.template import questionnaire
from support import declarations, refusals
from support.checking import WITH_SCOPES, Check, dumped
from support.refusals import A_TEXT, OBJECT, prompt, resource, tool, typed
from support.rendering import ROOT

SEARCH = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
REFUSALS = refusals.everything()

# Declarations -----------------------------------------------------------------------------------

ENDLESS = "never ends, as each has another in it; write required: false, or T | None as the type."
MAY_BE_LEFT_OUT = (
    "tools[0] find: arguments.query: required: what has a default or may be null may be left out; "
    "leave out required."
)
WITH_ANOTHER = {
    **{
        f"tools[0] find: arguments.query: nullable: stands beside {what}; leave out one of them.": [
            MAY_BE_LEFT_OUT
        ]
        for what in ("| None", "null among the choices")
    },
    f"types.A: fields.b: {ENDLESS}": [f"types.B: fields.c: {ENDLESS}"],
    "tools[0] find: http.arguments.q.explode: is for path, query, header and cookie; leave it "
    "out.": [
        (
            "tools[0] find: http.arguments.q: 'id' is in the body already, and the whole body is one "
            "argument; write another place."
        )
    ],
    "tools[0] find: http.arguments.q: no {b} stands in the path; write it there, or another "
    "place.": [
        (
            "tools[0] find: http.path: 'a' is no argument; write one of this name, or an argument with "
            "in: path and name."
        )
    ],
}
"""Refusals of what has two mistakes, of which a render says the first."""


def is_text(answer: Any) -> bool:
    """Return whether Copier parses it once more: it expects a list that --data brings as YAML."""
    return bool(answer == "")


@pytest.mark.parametrize(
    ("question", "answer", "message"),
    [refusal for refusal in REFUSALS if not is_text(refusal[1])],
    ids=[refusal[2] for refusal in REFUSALS if not is_text(refusal[1])],
)
def test_each_refusal_is_found_where_it_is(
    check: Check, question: str, answer: Any, message: str
) -> None:
    file = WITH_SCOPES | {question: answer}
    expected = [message, *WITH_ANOTHER.get(message, [])]
    errors = [found for found in check(file) if found.severity == "error"]
    assert sorted(found.message for found in errors) == sorted(expected)
    text = dumped(file).decode()
    for found in errors:
        assert points_at_what_it_names(text, found.mark, found.message)


def points_at_what_it_names(text: str, mark: Mark, message: str) -> bool:
    """Look whether a place is the beginning of a key or a value, in all that the message names."""
    inside: list[tuple[Any, Any]] = []
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    place = re.match(r"(?:\w+(?:\[\d+\](?: [\w.-]+(?=:))?|\.\w+)*: )*", message)
    assert place
    names = re.findall(r"\w+", place[0])
    while names and isinstance(node, yaml.CollectionNode):
        name = names.pop(0)
        if isinstance(node, yaml.SequenceNode):
            if name.isdigit() and int(name) < len(node.value):
                node = node.value[int(name)]
                inside.append((node.start_mark, node.end_mark))
            continue
        parts = {key.value: (key, value) for key, value in node.value}
        for key in (name, "fields"):
            if key in parts and (key == name or name in fields_of(parts[key][1])):
                first, node = parts[key]
                inside.append((first.start_mark, node.end_mark))
                names[:0] = [name] if key != name else []
                break
    assert inside
    here = (mark.line - 1, mark.column - 1)
    starts = {(start.line, start.column) for start in all_starts(text)}
    return here in starts and all(
        (start.line, start.column) <= here <= (end.line, end.column) for start, end in inside
    )


def fields_of(node: Any) -> set[str]:
    return {key.value for key, _ in node.value} if isinstance(node, yaml.MappingNode) else set()


def all_starts(text: str) -> list[Any]:
    events = (yaml.ScalarEvent, yaml.SequenceStartEvent, yaml.MappingStartEvent)
    found = yaml.parse(text, Loader=yaml.SafeLoader)
    return [event.start_mark for event in found if isinstance(event, events)]


BASES = ("find", "index", "ask")


def movable() -> list[tuple[str, dict[Any, Any], str]]:
    """Return refusals of one entry that are the same with a name and texts of its own."""
    return [
        (question, answer[0], message)
        for question, answer, message in REFUSALS
        if isinstance(answer, list)
        and len(answer) == 1
        and isinstance(answer[0], dict)
        and message not in WITH_ANOTHER
        and "second class" not in message
    ]


def moved(entry: dict[Any, Any], message: str, index: int) -> tuple[dict[Any, Any], str]:
    """Return it as the entry with this index, beside others."""
    entry = copy.deepcopy(entry)
    message = message.replace("[0]", f"[{index}]", 1)
    if entry.get("name") in BASES:
        name = f"{entry['name']}_n{index}"
        message = message.replace(f"] {entry['name']}:", f"] {name}:", 1)
        entry["name"] = name
    if entry.get("description") in ("Find it.", "Ask it."):
        entry["description"] += f" {index}"
    if entry.get("uri") == "notes://index":
        entry["uri"] += str(index)
    return entry, message


@SEARCH
@given(st.lists(st.sampled_from(movable()), min_size=2, max_size=6, unique_by=lambda one: one[2]))
def test_mistakes_in_one_file_are_all_found_and_nothing_else(
    check: Check, chosen: list[tuple[str, dict[Any, Any], str]]
) -> None:
    file: dict[str, Any] = dict(WITH_SCOPES)
    expected = []
    for question, entry, message in chosen:
        entries = file.setdefault(question, [])
        there, said = moved(entry, message, len(entries))
        names = [other.get("name") for other in entries]
        if "name" in there and there["name"] in names:
            continue
        entries.append(there)
        expected.append(said)
    assert sorted(check.mistakes(file)) == sorted(expected)


FIELDS = [
    (part, field, message)
    for part, field, message in refusals.FIELDS
    if "second class" not in message and f"tools[0] find: {part}.{message}" not in WITH_ANOTHER
]


@SEARCH
@given(st.lists(st.sampled_from(FIELDS), min_size=2, max_size=6, unique_by=lambda one: one[2]))
def test_mistakes_in_one_tool_are_all_found_and_nothing_else(
    check: Check, chosen: list[tuple[str, Any, str]]
) -> None:
    one: dict[str, Any] = {"arguments": {}, "result": {}}
    expected = []
    for index, (part, field, message) in enumerate(chosen):
        name = f"query_{'abcdef'[index]}"
        one[part][name] = field
        said = message.replace("query", name, 1)
        expected.append(f"tools[0] find: {part}.{said}")
    assert sorted(check.mistakes(WITH_SCOPES | {"tools": [tool(**one)]})) == sorted(expected)


# fmt: off
SEVERAL: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"type": "integer", "description": "", "default": "x", "ge": "1"},
        [
            "arguments.query: 'integer' is no type; write int.",
            "arguments.query: default: 'x' is no int; write a whole number without quotes.",
            "arguments.query: description: is empty; say what it is for.",
            "arguments.query: ge: '1' is no int; write a whole number without quotes.",
        ],
    ),
    (
        {"type": "list[integer]", "description": "What.", "default": ["x"]},
        [
            "arguments.query: 'integer' is no type; write int.",
            "arguments.query: default[0]: 'x' is no int; write a whole number without quotes.",
        ],
    ),
    # Nobody knows what is meant, so nothing is said of what depends on it.
    (
        {"type": "array", "description": "What.", "default": 1, "max_length": 2},
        ["arguments.query: 'array' is no type; write list[T], as in list[str]."],
    ),
    (
        {"description": "What.", "default": 1, "ge": 0},
        ["arguments.query: has no type; write one, as in type: str."],
    ),
    # Who is told to write a key has no need of another message that it is missing.
    (
        {"description": "What.", "choices": ["a"], "default": "a"},
        ["arguments.query: 'choices' is no key here; write enum."],
    ),
    (
        {"tpye": "str", "description": "What."},
        [
            "arguments.query: 'tpye' is no key here; write one of type, description, required, nullable, default, example, enum, fields, one_of, tag, additional, model, items, unique, min_length, max_length, pattern, ge, gt, le, lt, multiple_of."
        ],
    ),
    (
        {"type": "str", "desc": "What."},
        ["arguments.query: 'desc' is no key here; write description."],
    ),
    (
        typed("str", enum=["a", "", "a", "b" * 101], default=""),
        [
            "arguments.query: enum[1]: '' is no choice; write 1 to 100 characters that can be printed.",
            "arguments.query: enum[2]: 'a' is there twice; leave one out.",
            f"arguments.query: enum[3]: '{'b' * 40}'… is no choice; write 1 to 100 characters that can be printed.",
        ],
    ),
    (
        typed("str", enum=[""]),
        [
            "arguments.query: enum[0]: '' is no choice; write 1 to 100 characters that can be printed."
        ],
    ),
    (
        typed("list[int]", default=[1, "2", 3, None]),
        [
            "arguments.query: default[1]: '2' is no int; write a whole number without quotes.",
            "arguments.query: default[3]: null is no int; write a value, or int | None as the type.",
        ],
    ),
    (
        {"description": "What.", "fields": {5: typed("str"), "other": typed("string")}, "example": {5: "a"}},
        [
            f"arguments.query: 5 is no name; {A_TEXT}",
            "arguments.query.other: 'string' is no type; write str.",
        ],
    ),
    (
        typed("str", pattern="[", example="a", min_length=-1),
        [
            "arguments.query: min_length: -1 is no such length; write a whole number from 0 to 10000.",
            "arguments.query: pattern: has a [ that is never closed; write \\[ for the character.",
        ],
    ),
]
# fmt: on


@pytest.mark.quick
@pytest.mark.parametrize(("field", "messages"), SEVERAL)
def test_mistakes_in_one_field_are_all_found_without_their_consequences(
    check: Check, field: dict[str, Any], messages: list[str]
) -> None:
    found = check.mistakes(WITH_SCOPES | {"tools": [tool(arguments={"query": field})]})
    assert sorted(found) == sorted(f"tools[0] find: {message}" for message in messages)


@pytest.mark.quick
def test_mistakes_in_types_are_all_found_without_their_consequences(check: Check) -> None:
    types = {
        "one": {"fields": {"text": typed("str")}},
        "Two": {"properties": {}},
        "Three": {"fields": {"two": typed("Two", example={"a": 1}), "four": typed("Fourr")}},
        "Four": {"fields": {"five": typed("Five"), "text": typed("string", max_length=-1)}},
        "Five": {"fields": {"four": typed("list[Four]", min_length=1)}, "model": "Six"},
        "Six": None,
        "Seven": {"enum": ["a", None, "a"], "description": ""},
    }
    parts = {"six": typed("Six", default={}), "four": typed("list[Four]"), "no": typed("Nine")}
    assert sorted(check.mistakes({"types": types, "tools": [tool(arguments=parts)]})) == sorted(
        [
            f"types: 'one' is no name of a class; {refusals.A_CLASS}",
            "types.Two: 'properties' is no key here; write fields.",
            "types.Three: fields.four: 'Fourr' is no type; write Four.",
            f"types.Four: fields.five: {ENDLESS}",
            "types.Four: fields.text: 'string' is no type; write str.",
            "types.Four: fields.text: max_length: -1 is no such length; write a whole number from 0 to 2**53.",
            "types.Five: 'model' is no key here; its name is that of the class; leave it out.",
            "types.Six: is null; write a mapping with fields, one_of or enum.",
            "types.Seven: enum: null is said where the type is used, as in Seven | None; leave it out.",
            "types.Seven: enum[2]: 'a' is there twice; leave one out.",
            "types.Seven: description: is empty; say what it is for.",
            (
                "tools[0] find: arguments.no: 'Nine' is no type; write one of types: Two, Three, "
                "Four, Five, Six, Seven, or add it there."
            ),
        ]
    )


X = {"x": typed("str")}
OF_TYPES: dict[str, tuple[Any, Any, list[str]]] = {
    "no choices": (
        {"Color": {"enum": []}, "Car": {"fields": {"c": typed("Color", example="red")}}},
        {
            "a": typed("Color", default="red"),
            "b": typed("list[Color]", default=["red"], unique=True),
            "c": typed("dict[str, Color]", example={"a": "red"}),
            "d": typed("Car", example={"c": "red"}),
        },
        ["types.Color: enum: is empty; write a list of choices."],
    ),
    "one that is no choice": (
        {"Color": {"enum": ["", "red"]}},
        {"a": typed("Color", default=""), "b": typed("str", default=1)},
        [
            "types.Color: enum[0]: '' is no choice; write 1 to 100 characters that can be printed.",
            (
                "tools[0] find: arguments.b: default: 1 is no str; write a text, in quotes if it "
                "looks like something else."
            ),
        ],
    ),
    "one of two is a second class": (
        {
            "Pet": {"tag": "kind", "one_of": {"cat": {"fields": X}, "dog": {}}},
            "PetCat": {"fields": X},
        },
        {
            "a": typed("Pet", example={"kind": "cat", "x": "a"}),
            "b": typed("PetCat", example={"x": 1}),
        },
        [
            "types.Pet: one_of.cat: would be a second class PetCat; write another name.",
            (
                "tools[0] find: arguments.b: example.x: 1 is no str; write a text, in quotes if it "
                "looks like something else."
            ),
        ],
    ),
    "a second class in one of two": (
        {
            "Pet": {"tag": "kind", "one_of": {"cat": {"fields": {"y": {"fields": X}}}, "dog": {}}},
            "PetCatY": {"fields": X},
        },
        {"a": typed("list[Pet]", example=[{"kind": "cat", "y": {"x": "a"}}])},
        ["types.Pet: one_of.cat.y: would be a second class PetCatY; write another name."],
    ),
    "a name": (
        {"car": {"fields": X}, "Model": {"fields": X}},
        {"a": typed("car", example={"x": "a"}), "b": typed("Model | None", default={"x": "a"})},
        [
            f"types: 'car' is no name of a class; {refusals.A_CLASS}",
            "types: Model is taken already; add a word, as in NoteModel.",
        ],
    ),
    "null": (
        {"Car": None, "Garage": {"fields": {"cars": typed("list[Car]", example=[5])}}},
        {"a": typed("Car", default={"x": 1}), "b": typed("Garage", example={"cars": [5]})},
        ["types.Car: is null; write a mapping with fields, one_of or enum."],
    ),
}


@pytest.mark.quick
@pytest.mark.parametrize("name", OF_TYPES)
def test_a_mistake_in_a_type_is_none_of_what_has_the_type(check: Check, name: str) -> None:
    types, arguments, said = OF_TYPES[name]
    assert check.mistakes({"types": types, "tools": [tool(arguments=arguments)]}) == said


@pytest.mark.quick
def test_an_argument_that_is_mistaken_may_be_named_in_a_question(check: Check) -> None:
    long = "x" * 101
    for arguments in ({long: typed("str")}, {"key": 5}, 5):
        named = tool(confirm=f"Find {{{long}}} {{key}}?", arguments=arguments)
        said = check.mistakes(WITH_SCOPES | {"tools": [named]})
        missing = [message for message in said if "is no argument" in message]
        # Whether they would be arguments is not clear where they are mistaken.
        assert len(missing) == (arguments != 5), said
    # It is no argument for a reason of its own, though the advice for the other has the word.
    said = check.mistakes(WITH_SCOPES | {"tools": [tool(confirm="{text}?", arguments={5: 5})]})
    assert len(said) == 2
    said = check.mistakes(WITH_SCOPES | {"tools": [tool(confirm="{id}?", parameters={})]})
    assert said == ["tools[0] find: 'parameters' is no key here; write arguments."]


@pytest.mark.quick
def test_consequences_for_messages_are_not_said(check: Check) -> None:
    said = [
        {"role": "user", "text": "{a} {b} {{b}} {c d} {e}"},
        {"role": "system", "text": "{f}"},
        {"role": "user"},
    ]
    arguments = {"a": "What.", "e": {}, "f": {}}
    file = {"prompts": [prompt(arguments=arguments, messages=said), prompt(name="b", messages=5)]}
    place = "prompts[0] ask: "
    assert check.mistakes(file) == [
        f"{place}arguments.a: is a text; write a mapping with a description.",
        f"{place}messages[0].text: 'b' is no argument; write one of e, f, or each brace twice.",
        f"{place}messages[0].text: 'c d' is no argument; write one of e, f, or each brace twice.",
        f"{place}messages[1].role: 'system' is no role; write user or assistant.",
        f"{place}messages[2]: has no text; write one.",
        "prompts[1] b: messages: is a number; write a list, as in [{role: user, text: Hello.}].",
    ]


@pytest.mark.quick
def test_entries_are_named_as_a_render_names_them(check: Check) -> None:
    mistaken = {"title": "", "confirm": ""}
    tools = [
        tool(name="find it", description="One.", **mistaken),
        tool(name="two", description="Two.", **mistaken),
        tool(name="same", description="Three."),
        tool(name="same", description="Four.", **mistaken),
        "five",
        tool(name="six", description="Three.", **mistaken),
    ]
    said = check.mistakes(WITH_SCOPES | {"tools": tools})
    assert [message.rpartition(";")[0] for message in said] == [
        "tools[0]: name: 'find it' is no name",
        "tools[0]: title: is empty",
        "tools[0]: confirm: is empty",
        "tools[1] two: title: is empty",
        "tools[1] two: confirm: is empty",
        "tools: two are called same",
        "tools[3] same: title: is empty",
        "tools[3] same: confirm: is empty",
        "tools[4]: is a text",
        "tools[5] six: title: is empty",
        "tools[5] six: confirm: is empty",
    ]


@pytest.mark.quick
def test_what_cannot_be_taken_out_is_said_once(check: Check) -> None:
    assert check.mistakes({"tools": {"find": {}}, "prompts": [prompt()] * 3}) == [
        "tools: is a mapping; write a list, each entry beginning with a dash.",
        # For the second and the third.
        "prompts: two are called ask; give one of them another name.",
        "prompts: two are called ask; give one of them another name.",
    ]


STRATEGIES = {
    "tools": declarations.tools,
    "resources": declarations.resources,
    "prompts": declarations.prompts,
}


@pytest.mark.parametrize("question", STRATEGIES)
@SEARCH
@given(data=st.data())
def test_what_is_valid_has_no_mistakes(check: Check, question: str, data: st.DataObject) -> None:
    answer = data.draw(STRATEGIES[question]())
    assert check.mistakes(WITH_SCOPES | {question: answer}) == []


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with questionnaire() as worker:
        worker.defaults = True
        yield worker


def render_says(worker: Worker, answers: dict[str, Any]) -> str:
    """Return why Copier refuses answers, or nothing."""
    worker.data = answers
    try:
        worker._ask()
    except (InvalidTypeError, ValueError) as error:
        return re.sub(r"^Validation error for question '\w+': ", "", str(error))
    return ""


@pytest.mark.parametrize("question", STRATEGIES)
@SEARCH
@given(data=st.data())
def test_what_a_render_says_is_among_the_mistakes(
    check: Check, worker: Worker, question: str, data: st.DataObject
) -> None:
    answer = data.draw(declarations.mistakes(STRATEGIES[question]))
    file = dumped(WITH_SCOPES | {question: answer})
    said = render_says(worker, yaml.safe_load(file))
    found = check.mistakes(file)
    if said:
        assert said in found
    else:  # What a server would say at its start a render does not.
        assert [one for one in found if ": schema." not in one] == []


# Other questions --------------------------------------------------------------------------------

ANSWERS: list[dict[str, Any]] = [
    {"project_name": ""},
    {"project_name": " a"},
    {"project_name": None},
    {"project_name": ["a"]},
    {"distribution_name": "Weather"},
    {"package_name": "json"},
    {"description": ""},
    {"user_name": "<a>"},
    {"user_name": "Ada", "user_email": "nobody"},
    {"user_email": "nobody"},
    {"github_user": "@ada"},
    {"license": "GPL"},
    {"python_version": 3.12},
    {"http": "maybe"},
    {"http": None},
    {"http_client": [1]},
    {"example": {}},
    {"interactive": "soon"},
    {"skills": "a few"},
    {"database": "mysql"},
    {"auth": "jwt"},
    {"auth": "basic", "http": True},
    {"tool": []},
    {"title": "Notes"},
    {"xyzzy": 1},
    {"tools": [tool(scopes=["a"])]},
    {"resources": [resource(scopes=["a"])], "http": True},
    {"tools": [tool(name="other"), 5]},
]


@pytest.mark.parametrize("answers", ANSWERS, ids=str)
def test_answers_are_refused_in_the_words_of_a_render(
    check: Check, worker: Worker, answers: dict[str, Any]
) -> None:
    file = {"project_name": "Harbour Log"} | answers
    said = render_says(worker, dict(file))
    (found,) = [found for found in check(file) if found.severity == "error"]
    assert said
    assert found.message.endswith(" ".join(said.split()))
    above = dumped(file).decode().splitlines()[: found.mark.line]
    # The last question that begins above it is one of those that this is about.
    assert [line.partition(":")[0] for line in above if line[0] not in " -"][-1] in answers


@pytest.mark.quick
def test_mistakes_in_answers_are_all_found_in_the_order_of_the_file(check: Check) -> None:
    text = """\
licence: MIT
http: maybe
auth: none
tols: 1
python_version: "3.9"
project_name: ""
tools:
  - {name: find, description: Find it for me., scopes: [a]}
"""
    assert [(*found.mark, found.message) for found in check(text)] == [
        (1, 1, "No question is called 'licence'; write license."),
        (2, 7, "http: Write true or false; 'maybe' is neither."),
        (4, 1, "No question is called 'tols'; write tools."),
        (5, 17, "Invalid choice for 'python_version': '3.9' is not in ['3.13', '3.14']"),
        (6, 15, "project_name: A server needs a name, as in: Weather Server."),
    ]


def test_many_keys_that_are_no_questions_are_named_or_counted(check: Check) -> None:
    start = time.monotonic()
    keys = "".join(f"q{index}: 1\n" for index in range(20_000))
    said = check.mistakes(f"env_prefix: A_\n_note: 1\n{keys}http: maybe\n")
    assert time.monotonic() - start < 60
    assert said[99] == "No question is called 'q99'; leave it out."
    assert said[100:] == [
        "19,900 more keys are no questions; correct those before them first.",
        "http: Write true or false; 'maybe' is neither.",
    ]


@pytest.mark.quick
def test_what_is_left_out_has_its_default(check: Check) -> None:
    assert check.mistakes("{}") == []
    assert check.mistakes("user_email: ada@example.org") == []
    assert check.mistakes("project_name: json\nhttp: true\nauth: jwt") == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples").glob("*.yml")), ids=lambda path: path.name
)
def test_the_examples_have_no_mistakes(check: Check, path: Any) -> None:
    assert check.mistakes(path.read_bytes()) == []


@pytest.mark.quick
def test_an_object_is_looked_into(check: Check) -> None:
    field = {"description": "What.", "fields": {"inner": OBJECT | {"fields": {"x": typed("text")}}}}
    (found,) = check.mistakes(WITH_SCOPES | {"tools": [tool(result={"query": field})]})
    assert found == "tools[0] find: result.query.inner.x: 'text' is no type; write str."


# Many -------------------------------------------------------------------------------------------


def test_two_hundred_tools_are_checked_in_a_few_seconds(check: Check) -> None:
    names = [f"{verb}_{noun}" for verb in "abcdefghij" for noun in "klmnopqrstuvwxyzabcd"]
    assert len(set(names)) == 200
    tools = [
        tool(name=name, description=f"Do {name}.", arguments={"a_b": typed("text")})
        for name in names
    ]
    start = time.monotonic()
    said = check.mistakes({"tools": tools})
    assert said == [
        f"tools[{index}] {name}: arguments.a_b: 'text' is no type; write str."
        for index, name in enumerate(names)
    ]
    assert time.monotonic() - start < 60


def test_more_mistakes_than_anybody_reads_have_an_end(check: Check) -> None:
    said = check.mistakes("prompts: [" + "5, " * 1_200 + "]")
    assert len(said) == 1_000
    assert said[-1] == "there are more than 1,000 mistakes; correct these first."
    said = check.mistakes({"prompts": [prompt()] * 200})
    assert len(said) == 101
    assert said[0] == "prompts: there are more such mistakes; correct these first."
