"""What may be declared, and what is refused: by the validators, and by the JSON Schema."""

import copy
import re
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from copier._main import Worker

from support import api_refusals, declarations, refusals, rendering
from support.answers_schema import (
    BEYOND_JSON_SCHEMA,
    SCHEMA,
    UNSEEN,
    VALIDATOR,
    WITH_ALL,
    fits_schema,
)
from support.declared import in_json
from support.refusals import (
    CHOICE,
    LISTS,
    OBJECT,
    ONE_OF,
    STR,
    Refusal,
    object_of,
    prompt,
    resource,
    says,
    tool,
    typed,
)
from support.rendering import ROOT

pytestmark = pytest.mark.quick


def ids(mistakes: list[tuple[str, Any, str]]) -> list[str]:
    return [message for _, _, message in mistakes]


MISTAKES = refusals.everything()


@pytest.mark.parametrize(("question", "answer", "message"), MISTAKES, ids=ids(MISTAKES))
def test_mistakes_are_refused_with_their_place(
    refusal: Refusal, question: str, answer: Any, message: str
) -> None:
    before = copy.deepcopy(answer)
    assert refusal(question, answer) == message
    assert answer == before
    assert not fits_schema(question, answer) or UNSEEN.search(message)


def test_each_refusal_is_a_sentence_that_says_what_to_do() -> None:
    for _, _, message in MISTAKES:
        assert message.isprintable(), message
        place = r"((tools|resources|prompts)(\[\d\]( [\w.-]+)?)?|(api|types)(\.\w+)*)"
        assert re.fullmatch(rf"{place}: .*[^.]\.", message), message
        assert len(message) <= 250, message
        assert re.search(
            r"(; |: |, )(add|give|leave|put|say|shorten|write|Leave|Write|shorten)\b", message
        ), message


@pytest.mark.parametrize("name", BEYOND_JSON_SCHEMA)
def test_the_schema_is_excused_for_nothing_that_it_sees(name: str) -> None:
    assert any(
        re.search(BEYOND_JSON_SCHEMA[name], message) and fits_schema(question, answer)
        for question, answer, message in MISTAKES
    )


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


# What is valid ----------------------------------------------------------------------------------

EXAMPLES = sorted((ROOT / "examples").glob("*.yml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_valid(macros: Any, path: Path) -> None:
    answers = yaml.safe_load(path.read_text("utf-8"))
    assert [error.message for error in VALIDATOR.iter_errors(in_json(answers))] == []
    others = {"tools": [answers.get("types")]}
    for question in ("types", *LISTS):
        check = getattr(macros, question)
        assert str(check(answers.get(question), *others.get(question, ()))) == ""


NONE: tuple[Any, ...] = (None, [])
WHAT = {"description": "What."}
RAW = {
    "type": "object",
    "properties": {"a": {"$ref": "#/$defs/b", "maximum": 2**64}, "$ref": {"type": "string"}},
    "$defs": {"b": {"type": ["integer", "null"], "title": "\r\n\t"}},
}
ZEROS = "00000000-0000-0000-0000-000000000000"
MORE = OBJECT | {"additional": True}
TWO = {"type": "list[str]", "enum": ["a", "b"], "unique": True, "min_length": 2}
MAYBE = typed("int | None", required=False)
OR_NULL = {"required": False, "nullable": True}
VALID: list[tuple[str, Any]] = [
    ("tools", [{"name": "a"}, {"name": "b", "description": "x" * 10_000, "content": "text"}]),
    ("tools", [tool(), tool(name="other")]),
    ("tools", [tool(additional=True), tool(name="b", additional=False, content="structured")]),
    ("tools", [tool(schema={"arguments": RAW}, result={"a": STR}, confirm="Find {a}?")]),
    ("tools", [tool(additional=["arguments", "result"]), tool(name="b", additional=["result"])]),
    ("tools", [tool(schema={"arguments": RAW}, additional=["result"])]),
    ("tools", [tool(schema={"result": RAW}, additional=["arguments"], content="structured")]),
    ("tools", [tool(additional=["arguments"], content="text")]),
    ("tools", [tool(result={"a": STR | {"required": False, "example": ""}, "b": MAYBE})]),
    ("tools", [tool(result={"a": typed("bytes", example="")}, arguments={"b": typed("bytes")})]),
    ("tools", [tool(result={"a": object_of(b=STR, c=MAYBE) | {"example": {"b": ""}}})]),
    ("tools", [tool(schema={"result": RAW}, arguments={"a": STR}, additional=True)]),
    ("tools", [tool(schema={"arguments": RAW, "result": RAW})]),
    ("tools", [tool(arguments={"a": {"type": "str", "required": False}, "b": {"enum": ["a"]}})]),
    ("tools", [tool(arguments={"a": STR | {"required": True, "example": "x"}})]),
    ("resources", [resource(name="Note 天 {{ 7 }}", uri="x:{noteId}/{context}{?from,2nd,a.b}")]),
    ("prompts", [prompt(name="Ask 'it'!"), prompt(name="x" * 128)]),
    ("prompts", [{"name": "a", "arguments": {"b": {}, "c": {"required": False}}}]),
    *((question, answer) for question in LISTS for answer in NONE),
    ("tools", [tool(name="x" * 40, arguments={"y" * 30: typed("str")})]),
    ("tools", [tool(name="x" * 128, arguments={"天" * 100: typed("str")})]),
    ("tools", [tool(name="A.b-c_d"), tool(name="1", description="One.")]),
    ("tools", [tool(name="-"), tool(name="..", description="Signs alone.")]),
    ("tools", [tool(arguments={"天" * 100: typed("str"), "Long" * 25: STR, "天地": CHOICE})]),
    ("tools", [tool(name="schemas"), tool(name="class", description="A word of Python.")]),
    ("tools", [tool(arguments={name: typed("str") for name in declarations.ODD_NAMES})]),
    ("tools", [tool(result={name: typed("str") for name in declarations.ODD_NAMES})]),
    ("tools", [tool(confirm="{a b} {天} {1}?", arguments=dict.fromkeys(("a b", "天", "1"), STR))]),
    ("tools", [tool(confirm="Do {} and {no one}?", arguments={"some one": STR})]),
    ("resources", [resource(name="json"), resource(name="Read.File", uri="x:y")]),
    ("prompts", [prompt(name="complete_file", arguments={"toWhom": WHAT, "context": WHAT})]),
    ("tools", [tool(name="lazily", description="x" * 2000 + "\n\n", title="x" * 100)]),
    ("tools", [tool(confirm="x" * 200, hints=[], arguments={}, result={})]),
    ("tools", [tool(confirm="Find {}, { a }, {1} and }{?", time_limit=0.5)]),
    ("tools", [tool(confirm="Find {a}, {a}?", time_limit=3600, arguments={"a": typed("int")})]),
    ("tools", [tool(arguments={"a": typed("list[str] | None", items={"pattern": r"^\w$"})})]),
    ("tools", [tool(arguments={"a": typed("list[str]", min_length=1, items={"max_length": 9})})]),
    ("tools", [tool(arguments={"a": typed("list[float | None]", items={"gt": 0}, default=[0.5])})]),
    ("tools", [tool(result={"a": typed("list[list[int]]", items={"le": 2}, example=[[2]])})]),
    ("tools", [tool(description="👩\u200d👩\u200d👧 می\u200cخواهم")]),
    ("tools", [tool(hints=["destructive", "idempotent", "open_world"])]),
    ("tools", [tool(hints={"read_only": False, "destructive": True, "open_world": False})]),
    ("tools", [tool(hints={})]),
    # A line of exactly 100 columns.
    ("tools", [tool(arguments={"q" * 20: typed("dict[str, " * 5 + "str" + "]" * 5 + " | None")})]),
    ("tools", [tool(arguments={"q" * 25: OBJECT | {"type": "list[object] | None"}})]),
    ("tools", [tool(arguments={"q" * 20: OBJECT | {"model": "Q" * 40, "type": "list[object]"}})]),
    ("tools", [tool(arguments={"a": OBJECT | {"model": "A"}}, result={"a": OBJECT})]),
    ("tools", [tool(arguments={"a": MORE | {"example": {"inner": "", "b": []}}})]),
    ("tools", [tool(arguments={"a": typed("any", default=None), "b": typed("list[any | None]")})]),
    ("tools", [tool(arguments={"a": typed("object", default={"a": [None, refusals.DAY]})})]),
    ("tools", [tool(result={"a": typed("dict[str, any]", max_length=1, example={"a": 1})})]),
    ("tools", [tool(arguments={"a": typed("int", gt=1, lt=3), "b": typed("float", ge=1, le=1)})]),
    ("tools", [tool(arguments={"a": typed("int", ge=-(2**53), le=2**53, default=2**53)})]),
    ("tools", [tool(arguments={"a": typed("float", gt=-1.0e300 * 0, default=1)})]),
    ("tools", [tool(arguments={"a": typed("float", multiple_of=0.1, default=0.5)})]),
    ("tools", [tool(arguments={"a": typed("date", default=refusals.DAY)})]),
    ("tools", [tool(arguments={"a": typed("datetime", default=refusals.TIME)})]),
    ("tools", [tool(arguments={"a": typed("time", default="18:30"), "b": typed("list[time]")})]),
    ("tools", [tool(arguments={"a": typed("duration", default="P1DT2H30.5S")})]),
    ("tools", [tool(arguments={"a": typed("list[duration]", default=["P2W", "PT0S"])})]),
    ("tools", [tool(arguments={"a": typed("uuid | None"), "b": typed("uuid", default=ZEROS)})]),
    ("tools", [tool(arguments={"a": typed("uri", min_length=1, max_length=2083)})]),
    ("tools", [tool(arguments={"a": typed("list[email]", items={"max_length": 80})})]),
    ("tools", [tool(arguments={"a": typed("decimal", ge=0, lt=0.5, default="0.25")})]),
    ("tools", [tool(result={"a": typed("dict[str, decimal]", items={"gt": 0})})]),
    ("tools", [tool(arguments={"a": typed("list[str]", unique=True, default=["b", "a"])})]),
    ("tools", [tool(arguments={"a": typed("list[int | None] | None", unique=True, min_length=9)})]),
    ("tools", [tool(arguments={"a": TWO | {"example": ["a", "b"]}}, result={"a": TWO})]),
    ("tools", [tool(result={"a": typed("list[str]", unique=True, items={"max_length": 2})})]),
    ("tools", [tool(arguments={"a": typed("list[bool | None]", unique=False, default=[None])})]),
    ("tools", [tool(arguments={"a": typed("int | str", default="a"), "b": typed("bool | int")})]),
    ("tools", [tool(arguments={"a": typed("list[float | str | None]", default=[1, "a", None])})]),
    ("tools", [tool(arguments={"a": typed("dict[str, uuid | bool] | None", default={})})]),
    ("tools", [tool(arguments={"a": typed("str | bool | int | None", default=True)})]),
    ("tools", [tool(result={"a": typed("date | int", example=refusals.DAY)})]),
    ("tools", [tool(result={"a": typed("list[int | bool]", unique=True, example=[True, 1])})]),
    ("tools", [tool(arguments={"a": typed("bytes", example="eA=="), "b": typed("bytes | None")})]),
    ("tools", [tool(arguments={"a": typed("list[bytes]", default=[], max_length=2)})]),
    ("tools", [tool(arguments={"a": OBJECT | {"model": "UUID"}, "b": typed("decimal")})]),
    ("tools", [tool(arguments={"a": typed("uuid")}, result={"a": typed("list[uuid]")})]),
    ("tools", [tool(arguments={"a": typed("datetime", default="2024-02-29 10:00")})]),
    ("tools", [tool(arguments={"a": typed("str | None", pattern="a", default=None)})]),
    ("tools", [tool(arguments={"a": typed("str | None", pattern="a")})]),
    ("tools", [tool(arguments={"a": typed("str", pattern="a", required=False)})]),
    ("tools", [tool(arguments={"a": typed("list[str]", items={"pattern": "a"}, required=False)})]),
    ("tools", [tool(arguments={"a": TWO | {"required": False}})]),
    ("tools", [tool(arguments={"a": TWO | OR_NULL, "b": typed("bytes", **OR_NULL)})]),
    ("tools", [tool(result={"a": ONE_OF | OR_NULL, "b": OBJECT | OR_NULL, "c": CHOICE | OR_NULL})]),
    ("tools", [tool(result={"a": object_of(b=STR | OR_NULL) | {"example": {"b": None}}})]),
    ("tools", [tool(arguments={"a": typed("int", **OR_NULL, example=None), "b": MORE | OR_NULL})]),
    ("tools", [tool(arguments={"a": typed("str", required=False, nullable=False, pattern="a")})]),
    ("tools", [tool(arguments={"a": typed("str", default="a\n\tb")})]),
    ("tools", [tool(arguments={"a": typed("int", enum=[1, 0, -5], default=0)})]),
    ("tools", [tool(arguments={"a": WHAT | {"enum": [1, "a", True, None]}, "b": {"enum": [1]}})]),
    ("tools", [tool(arguments={"a": WHAT | {"enum": [1, "1", True], "default": True}})]),
    ("tools", [tool(arguments={"a": ONE_OF, "b": ONE_OF | {"model": "Pet"}})]),
    ("tools", [tool(arguments={"a": ONE_OF | {"type": "object | None"}})]),
    ("tools", [tool(arguments={"a": ONE_OF | {"type": "list[object]", "default": []}})]),
    ("tools", [tool(arguments={"a": ONE_OF | {"example": {"kind": "cat", "inner": "a"}}})]),
    ("tools", [tool(result={"a": ONE_OF | {"required": False, "example": {"kind": "dog"}}})]),
    ("tools", [tool(arguments={"a": WHAT | {"enum": ["a", None], "default": None}})]),
    ("tools", [tool(result={"a": {"enum": ["a", None], "required": False, "example": None}})]),
    ("tools", [tool(arguments={"a": typed("list[bool | str]", enum=[True, "a"], default=["a"])})]),
    ("tools", [tool(arguments={"a": typed("list[str | None]", enum=[" "], default=[None, " "])})]),
    ("tools", [tool(arguments={"a": OBJECT | {"example": {"inner": "x"}}})]),
    ("tools", [tool(arguments={"a": object_of(b=typed("int | None")) | {"example": {}}})]),
    ("tools", [tool(result={"a": object_of(b=typed("int | None")) | {"example": {"b": None}}})]),
    ("tools", [tool(result={"a": typed("str", pattern=r"^\w$")})]),
    ("tools", [tool(arguments={"a": typed("str"), "context": typed("str"), "arguments": OBJECT})]),
    ("tools", [tool(name="ab", arguments={"c": OBJECT}), tool(name="a", description="Other.")]),
    ("tools", [tool(name="summary"), tool(name="read_file", description="Other.")]),
    ("tools", [tool(scopes=["notes:write", "!#[]~", "https://example.org/x.read"])]),
    ("resources", [resource(scopes=["x" * 100])]),
    ("prompts", [prompt(scopes=["a"])]),
    ("resources", [resource(uri="x:" + "y" * 198, mime_type="application/vnd.api+json")]),
    ("resources", [resource(uri="x:{copy}/{json}"), resource(uri="x:{copy}", name="schemas")]),
    ("resources", [resource(uri="x:{?copy,json}"), resource(uri="x:{?copy}", name="other")]),
    ("resources", [resource(uri="file:///{path}"), resource(uri="file:///a/{+path}", name="file")]),
    ("prompts", [prompt(arguments={"copy": {"description": "What.", "required": False}})]),
    ("prompts", [prompt(name="json", arguments={})]),
    ("tools", [tool(icons=[{"src": "https://[::1]/a?b=c%20d#e"}] * 5)]),
    ("prompts", [prompt(icons=[{"src": "data:image/png;base64,iVBO+/8=", "sizes": ["any"]}])]),
    ("resources", [resource(text=" ")]),
    ("resources", [resource(text="{a} {{ \r\n\t\u2028\ufeff\xa0 天 \\ \"\"\" '" + "x" * 99_970)]),
    ("resources", [resource(uri="x:{a}"), resource(name="b", text="b", mime_type="a/b")]),
    ("prompts", [prompt(messages=says(" ") * 50)]),
    ("prompts", [prompt(messages=[{"text": "{{}} }}{{ {{a}}", "role": "assistant"}])]),
    ("prompts", [prompt(arguments={"a b": {}, "天": WHAT}, messages=says("{{{a b}}}{天}{a b}"))]),
    *api_refusals.ALLOWED,
]  # fmt: skip


@pytest.mark.parametrize(("question", "answer"), VALID)
def test_what_is_allowed_stays_allowed(refusal: Refusal, question: str, answer: Any) -> None:
    # Copier drops recorded answers without a word if they are no longer valid.
    assert refusal(question, answer) == ""
    assert fits_schema(question, answer)


IDLE = "scopes: nobody would check them; pass http: true and auth: jwt with the list"


@pytest.mark.parametrize("answers", [{}, {"http": True}, {"http": "no", "auth": "none"}], ids=str)
def test_scopes_that_nobody_would_check_are_refused(
    worker: Worker, answers: dict[str, Any]
) -> None:
    for question, entry in (("tools", tool), ("resources", resource), ("prompts", prompt)):
        worker.data = {question: [entry(name="first", scopes=["a"])], **answers}
        worker.data |= {"project_name": "Harbour Log"}
        message = f"question '{question}': {question}[0] first: {IDLE}"
        with pytest.raises(ValueError, match=re.escape(message)):
            worker._ask()
        assert not VALIDATOR.is_valid(in_json(worker.data) | {"http": bool(answers)})
        worker.data |= {"http": "yes", "auth": "jwt"}
        worker._ask()


@pytest.mark.parametrize(
    "answers",
    [
        {"tools": [tool(name="countWords")]},
        {"prompts": [prompt(name="summarise file")]},
        {"tools": [tool(name="add-note")], "database": "sqlite"},
        {"prompts": [prompt(name="summarise_note")], "database": "postgres"},
        {"tools": [tool(name="check_links")], "http_client": True},
    ],
)
def test_names_of_a_worked_example_are_refused_beside_it(
    template: Path, tmp_path: Path, answers: dict[str, Any]
) -> None:
    answers = answers | {"project_name": "Harbour Log"}
    with pytest.raises(ValueError, match="name: is that of one of the worked example; pass"):
        rendering.copy(template, tmp_path / "with", **(answers | {"example": True}))
    rendering.copy(template, tmp_path / "without", **answers)


def test_tokens_need_http(worker: Worker) -> None:
    worker.data = {"project_name": "Harbour Log", "auth": "jwt"}
    with pytest.raises(ValueError, match="Tokens come over HTTP; write http: true, too"):
        worker._ask()
    assert not VALIDATOR.is_valid(worker.data)


def test_a_list_that_contains_itself_is_refused(refusal: Refusal) -> None:
    loop = yaml.safe_load("&loop [*loop]")
    deep = yaml.safe_load("&deep {description: What., fields: {inner: *deep}}")
    assert refusal("tools", loop) != ""
    assert "100 columns" in refusal("tools", [tool(arguments={"a": deep})])
    for kind in ("list[list[int]]", "any"):
        assert refusal("tools", [tool(arguments={"a": typed(kind, default=loop)})]) != ""


def test_twenty_tools_are_checked_in_no_time(refusal: Refusal) -> None:
    # The name of a class can be given once only.
    text = re.sub(
        r"^ +model: .*\n",
        "",
        (ROOT / "examples" / "orders.yml").read_text("utf-8"),
        flags=re.MULTILINE,
    )
    read = yaml.safe_load(text)["tools"]
    many = [
        {
            **each,
            "name": f"{each['name']}_{number}",
            "description": f"{each['description']} {number}",
        }
        for number in range(7)
        for each in read
    ][:20]
    assert sum(len(str(each)) for each in many) > 20_000

    def seconds() -> float:
        begin = time.process_time()
        assert refusal("tools", many) == ""
        return time.process_time() - begin

    assert min(seconds() for _ in range(3)) < 0.3


def test_the_questions_ask_the_validators(worker: Worker) -> None:
    for question, answer, message in MISTAKES[::12]:
        if re.search("a number that not all|cannot be printed", message):
            continue  # Python's own representation stops at 4,300 digits.
        worker.data = WITH_ALL | {"project_name": "Harbour Log", question: answer}
        with pytest.raises(ValueError, match=re.escape(f"question '{question}': {message}")):
            worker._ask()
    for question, answer in VALID:
        worker.data = WITH_ALL | {"project_name": "Harbour Log", question: answer}
        worker._ask()
        assert worker._answers_to_remember()[question] == answer
