"""What may be declared, and what is refused: by the validators, and by the JSON Schema."""

import ast
import builtins
import copy
import datetime as dt
import functools
import json
import keyword
import operator
import re
import runpy
import time
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Literal
from uuid import UUID

import jsonschema
import pydantic
import pytest
import yaml
from copier._main import Worker
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema.validators import extend
from mcp import UriTemplate
from mcp.shared.uri_template import InvalidUriTemplate
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from support import api_refusals, declarations, fuzzing, refusals, rendering, schema_values
from support.declarations import Declaration, full_type
from support.declared import in_json
from support.refusals import (
    CHOICE,
    OBJECT,
    ONE_OF,
    STR,
    object_of,
    prompt,
    resource,
    says,
    tool,
    typed,
)
from support.renderer import Renderer
from support.rendering import ROOT
from support.schema_values import Schema

pytestmark = pytest.mark.quick

LISTS = ("tools", "resources", "prompts")
SEARCH = settings(
    derandomize=not fuzzing.EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

type Refusal = Callable[[str, Any], str]
"""Takes a question and an answer; returns why it is refused, or nothing."""


@pytest.fixture(scope="module")
def worker(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Worker:
    destination = tmp_path_factory.mktemp("declared")
    return Worker(
        src_path=str(template), dst_path=destination, defaults=True, quiet=True, unsafe=False
    )


@pytest.fixture(scope="module")
def macros(worker: Worker) -> Any:
    """All that the validators of declarations define, in whichever file."""
    found: dict[str, Any] = {}
    others = {f"checks/{name}.jinja" for name in ("answers", "gone", "project", "updates")}
    paths = {f"checks/{path.name}" for path in (ROOT / "macros" / "checks").glob("*.jinja")}
    for path in [*sorted(paths - others), "code/names.jinja"]:
        module = worker.jinja_env.get_template(f"macros/{path}").module
        defined = {name: value for name, value in vars(module).items() if name[0] != "_"}
        assert not found.keys() & defined.keys(), f"{path} defines what is there already"
        found |= defined
    return SimpleNamespace(**found)


@pytest.fixture(scope="module")
def refusal(macros: Any) -> Refusal:
    """What the validators say. They are rendered directly, which is much faster than asking."""
    others = {"tools": [refusals.SHARED]}
    return lambda question, answer: str(
        getattr(macros, question)(answer, *others.get(question, ()))
    )


WITH_ALL = {
    "http": True, "auth": "jwt", "http_client": True, "api": api_refusals.API,
    "types": refusals.SHARED,
}  # fmt: skip
"""The answers without which nothing declared may have scopes, call an API, or share types."""


# The schema -------------------------------------------------------------------------------------

SCHEMA: dict[str, Any] = json.loads((ROOT / "answers.schema.json").read_text("utf-8"))


@functools.cache
def ecma(pattern: str) -> re.Pattern[str]:
    """Compile a pattern as JSON Schema means it: $ is the end, not before a last line feed."""
    return re.compile(re.sub(r"(?<!\\)\$(?=\||\)*$)", r"\\Z", pattern))


def check_pattern(validator: Any, pattern: str, value: Any, _: Any) -> Iterator[Any]:
    if validator.is_type(value, "string") and not ecma(pattern).search(value):
        yield jsonschema.ValidationError(f"does not match {pattern}")


VALIDATOR: Any = extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator, {"pattern": check_pattern}
)(SCHEMA)


def fits_schema(question: str, answer: Any) -> bool:
    try:
        return bool(VALIDATOR.is_valid(WITH_ALL | {question: in_json(answer)}))
    except (TypeError, ValueError):  # A key that is no text; a number that is too long to show.
        return False


_CONFIRM = r"confirm: ('\w+' is no argument|has a brace)"
_PLACED = (
    r"is no argument; write (one|it)|is no part of the result|stands? in the path|goes where"
    r"|is no name of a (header|cookie)|is set by the client|another argument is called"
    r"|is in the body already|has no properties|takes the whole answer|has a name twice"
)
_INNER = r"(default|example)(\[.*\]|\.\S.*|: the key .*)?"
BEYOND_JSON_SCHEMA = {
    "which headers the client sets": r"api\.auth\.name: .* is set by the client",
    "the arguments that a question names": _CONFIRM,
    "the arguments that messages name": r"text: .* is no argument|arguments.*: is in no message",
    "where arguments go, and where an answer": rf"http\S*: .*({_PLACED})",
    "comparisons of entries": r"two are called|is that of another|would be a second class",
    "how deep and how long a schema is": r"is nested more than|characters in JSON",
    "names in Python": r"would both be|name: \S+ is taken already",
    "the length of rendered lines": r"takes a line of more than 100 columns",
    "limits of one field that exclude each other": (
        r"is less than min_length|leaves no (number|uri|email)"
    ),
    "which types are shared": r"'.*[A-Z].*' is no type|and not for [\w\[]*[A-Z]",
    "types that contain themselves": "never ends",
    "patterns of shared types": r"types\..*has (a pattern|different items) and no example",
    "the tag among fields": r"is the tag, which all have",
    "what has no default": r"default: (an object has none|a (list|dict) of several types)",
    "values against choices and fields": (
        rf"{_INNER}: (.* is none of the choices|has no \S.*; write|.* is no key here)"
    ),
    "values against limits": (
        rf"{_INNER}: (is shorter|is longer|does not match|has letters beyond|.* is (below|above)"
        r"|.* is not (below|above)|.* is no multiple)"
    ),
    "values of any kind": rf"{_INNER}: has (\d+ characters|more than 10 levels)",
    "values of several types": rf"{_INNER}: .* is no [a-z]+ \|",
    "values inside of values": r"(default|example)(\[.*\]\[|.*\]?\.\S.*: )",
    "how brackets, ranges and counts of a pattern go together": (
        r"pattern: has (a \( that|a \) that|a range|a dash|the count|counts)"
    ),
    "characters that only newer versions of Unicode know, and halves of them": (
        r"cannot be printed|can be printed|on one line|that YAML cannot keep"
    ),
    "YAML's own kinds of values": (
        r"is a date; write|quotes if it looks like something else|which JSON does not have"
        r"|2026-01-\d\d is no str|\.0 is no|is a number that not all can hold"
        r"|is no value of JSON|the key \S+ is no text"
    ),
}
"""What the schema cannot say, by what the validators say of it."""

UNSEEN = re.compile("|".join(f"(?:{said})" for said in BEYOND_JSON_SCHEMA.values()))


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


@pytest.mark.parametrize("question", LISTS)
@settings(SEARCH, max_examples=60)
@given(data=st.data())
def test_valid_declarations_are_taken(refusal: Refusal, question: str, data: st.DataObject) -> None:
    answer = data.draw(getattr(declarations, question)())
    assert refusal(question, answer) == ""
    assert fits_schema(question, answer)
    # And once more from the answers file.
    assert refusal(question, yaml.safe_load(yaml.safe_dump(answer, allow_unicode=True))) == ""


@pytest.mark.parametrize("question", LISTS)
@settings(SEARCH, max_examples=150)
@given(data=st.data())
def test_schema_and_validators_agree(refusal: Refusal, question: str, data: st.DataObject) -> None:
    answer = data.draw(declarations.mistakes(getattr(declarations, question)))
    message = refusal(question, answer)
    assert message.isprintable()
    if not message:
        assert fits_schema(question, answer)
    elif fits_schema(question, answer):
        assert UNSEEN.search(message)


ANYTHING = st.recursive(
    st.sampled_from(declarations.WRONG) | st.text(max_size=9) | st.floats() | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(declarations.KEYS) | st.text(max_size=5), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("question", LISTS)
@settings(SEARCH, max_examples=60)
@given(answer=ANYTHING | st.lists(ANYTHING))
def test_anything_at_all_gets_a_sentence_or_is_taken(
    refusal: Refusal, question: str, answer: Any
) -> None:
    message = refusal(question, answer)
    assert not message or re.fullmatch(rf"{question}.*: .*\.", message)
    assert message.isprintable()
    assert message or fits_schema(question, answer)


@settings(SEARCH, max_examples=60)
@given(types=declarations.shared_types())
def test_valid_types_are_taken(refusal: Refusal, types: dict[str, Any]) -> None:
    assert refusal("types", types) == ""
    assert fits_schema("types", types)
    assert refusal("types", yaml.safe_load(yaml.safe_dump(types, allow_unicode=True))) == ""


@settings(SEARCH, max_examples=40)
@given(types=declarations.shared_types())
def test_the_classes_of_types_are_those_that_the_check_has_seen(
    macros: Any, types: dict[str, Any]
) -> None:
    seen: list[str] = []
    for name, one in types.items():
        assert str(macros.shared_type_mistake(name, one, types, seen)) == ""
    found: list[str] = []
    macros.add_classes(types, found)
    imported = {"UUID", "Uri", "EmailAddress", "Decimal", "Base64", "Unique", "OmittableOrNull"}
    assert found == [one for one in seen if one not in imported and " " not in one]


@settings(SEARCH, max_examples=100)
@given(
    types=ANYTHING
    | st.dictionaries(
        st.sampled_from(["Note", "Shelf", "note", "UUID"]),
        ANYTHING | st.dictionaries(st.sampled_from(["fields", "one_of", "enum", "tag"]), ANYTHING),
    )
)
def test_any_types_at_all_get_a_sentence_or_are_taken(refusal: Refusal, types: Any) -> None:
    message = refusal("types", types)
    assert not message or re.fullmatch(r"types.*: .*\.", message)
    assert message or fits_schema("types", types)


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


# Names ------------------------------------------------------------------------------------------


def usable(names: list[str]) -> set[str]:
    return {name for name in names if re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*", name)}


def test_all_words_of_python_are_known(macros: Any) -> None:
    assert usable([*keyword.kwlist]) <= {*macros.taken_fields}
    words = usable([*keyword.kwlist, *keyword.softkwlist, *dir(builtins)])
    # These are not there in all versions, or only with the module `site`.
    later = {"copyright", "credits", "exit", "frozendict", "help", "lazy", "license", "quit"}
    assert words <= {*macros.reserved}
    assert {*macros.reserved} - words <= later


def test_all_that_a_model_has_is_known(macros: Any) -> None:
    there = usable(dir(BaseModel) + dir(type(BaseModel)))
    assert there <= {*macros.reserved_fields}
    others = {"bool", "bytes", "datetime", "float", "int", "list", "str", "model_pick"}
    assert {*macros.reserved_fields} - there == others


def test_all_classes_that_the_models_must_not_hide_are_known(render: Renderer, macros: Any) -> None:
    source = (render(example=True).package / "tools" / "schemas.py").read_text("utf-8")
    names = [*dir(builtins), *top_level(source)]
    assert {name for name in names if name[0].isupper()} <= {*macros.reserved_models}
    notes = render(example=True, database="sqlite", http_client=True)
    source = (notes.package / "tools" / "schemas.py").read_text("utf-8")
    known = {*macros.reserved_models, *macros.reserved_types}
    assert {name for name in top_level(source) if name[0].isupper()} <= known


@pytest.mark.parametrize("example", [True, False])
@pytest.mark.parametrize(
    ("module", "known"),
    [
        ("tools/handlers.py", "reserved_tools"),
        ("resources/providers.py", "reserved_providers"),
        ("prompts/handlers.py", "reserved_prompts"),
    ],
)
def test_all_that_the_modules_define_is_known(
    render: Renderer, macros: Any, module: str, known: str, *, example: bool
) -> None:
    project = render(example=example, http=False)
    path = project.package / module
    found = usable(list(top_level(path.read_text("utf-8")))) if path.exists() else set()
    taken = {*getattr(macros, known)}
    assert found - taken - {*macros.reserved} == set()
    if example:
        assert taken - found == set()


def top_level(source: str) -> Iterator[str]:
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in statement.names)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name


RULE = {
    "orderId": "order_id", "order-id": "order_id", "HTTPPort": "http_port", "id": "id", "_id": "id",
    "$filter": "filter", "from": "from_", "list": "list_", "copy": "copy_", "1st": "n1st",
    "naïve": "naive", "Žluťoučký": "zlutoucky", "名前": "u540d_u524d", "€": "u20ac", "+1": "n1",
    "#": "u23", "😀": "u0001f600", "model_id": "model_id", "model_dump": "model_dump_",
    "X-Request-ID": "x_request_id", "a__b": "a_b", "e\u0301": "e", "x" * 31: "x" * 30,
    "from_": "from_", "ship to": "ship_to", "type": "type", "object": "object",
}  # fmt: skip


@pytest.mark.parametrize("name", RULE)
def test_names_become_names_of_python_by_a_rule(macros: Any, name: str) -> None:
    assert str(macros.field_name(name)) == RULE[name]


@settings(SEARCH, max_examples=300)
@given(name=declarations.printable(max_size=100).filter(bool) | st.text("aB1_-é$. ", min_size=1))
def test_the_rule_makes_a_name_that_stays_as_it_is(macros: Any, name: str) -> None:
    found = str(macros.field_name(name))
    assert re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*_?", found)
    assert not keyword.iskeyword(found)
    assert not hasattr(BaseModel, found)
    assert str(macros.field_name(found)) == found


# Patterns and URIs, against those who read them --------------------------------------------------


def compiles(pattern: str) -> tuple[re.Pattern[str], pydantic.TypeAdapter[str]]:
    """Compile it in Python and in Rust."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        python = re.compile(pattern)
    return python, pydantic.TypeAdapter(Annotated[str, Field(pattern=pattern)])


def pattern_refusal(macros: Any, pattern: str) -> str:
    return str(macros.pattern_mistake(pattern))


@settings(SEARCH, max_examples=200)
@given(pair=declarations.patterns(depth=2))
def test_patterns_of_the_common_subset_are_taken(macros: Any, pair: tuple[str, str]) -> None:
    pattern, sample = pair
    assume(len(pattern) <= 200 and "too large" not in pattern_refusal(macros, pattern))
    assert pattern_refusal(macros, pattern) == ""
    python, rust = compiles(pattern)
    assert python.search(sample)
    if sample.isascii():
        rust.validate_python(sample)


PATTERN_TOKENS = [
    *"ab-^$.*+?()[]{}|\\,:=!<>&~ é/Pidk1", "\\d", "\\w", "\\W", "\\b", "\\n", "\\-", "\\]", "\\1",
    "(?:", "(?", "[^", "a-z", "z-a", "{2}", "{2,}", "{2,3}", "{999}", "&&", "--", "[\\w-]", "[a-z]",
    "]{",
]  # fmt: skip


@settings(SEARCH, max_examples=600)
@given(pattern=st.lists(st.sampled_from(PATTERN_TOKENS), max_size=9).map("".join))
def test_patterns_that_are_taken_compile_everywhere(macros: Any, pattern: str) -> None:
    if not pattern_refusal(macros, pattern):
        compiles(pattern)
        assert fits_schema("tools", [tool(result={"query": typed("str", pattern=pattern)})])


URI_TOKENS = [
    "/", "a", "-", "%20", "?", "#", "&", ",", "*", "{", "}", "{a}", "{b}", "{c,d}", "{+e}", "{#f}",
    "{/g}", "{/h*}", "{.i}", "{.j*}", "{;k}", "{;l*}", "{?m}", "{?n,o}", "{&p}", "{?q*}", "{+a}",
    "{r,s*}", "{/t,u}", "{/v,w*}", "{}", "{+}", "{x:3}", "{/y*,z}", "{!a}", "{,}",
]  # fmt: skip


@settings(SEARCH, max_examples=600)
@given(rest=st.lists(st.sampled_from(URI_TOKENS), min_size=1, max_size=6).map("".join))
def test_uris_are_taken_exactly_if_the_sdk_takes_them(macros: Any, rest: str) -> None:
    uri = f"x:{rest}"
    # The SDK takes a } without a {, and names that are none of ours; they are tried elsewhere.
    assume("}" not in re.sub("[{][^}]*[}]", "", uri))
    try:
        parsed = UriTemplate.parse(uri)
    except InvalidUriTemplate:
        taken = False
    else:
        taken = True
        assume(all(re.fullmatch("[a-z]+", name) for name in parsed.variable_names))
    assert (str(macros.uri_mistake(uri)) == "") == taken
    assert fits_schema("resources", [resource(uri=uri)]) == taken


# Values, against pydantic and JSON Schema ---------------------------------------------------------

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


@settings(SEARCH, max_examples=100)
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


@settings(SEARCH, max_examples=400)
@given(field=simple_fields(), value=SIMPLE_VALUES)
def test_examples_are_refused_exactly_if_their_types_refuse_them(
    macros: Any, field: Declaration, value: Any
) -> None:
    taken = str(macros.field_value_mistake(value, field, False)) == ""
    # An object has all its fields in a result, also those that may be null.
    assert taken == fits_type(field, value)


@settings(SEARCH, max_examples=300)
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


@settings(SEARCH, max_examples=40)
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


# Patterns that backtrack ------------------------------------------------------------------------

ENDLESS = {
    "nested": ("(a+)+$", "a" * 40 + "b"),
    "nested and long": ("(a+)+$", "a" * 1999 + "b"),
    "nested in a group": ("^(([a-z])+.)+[A-Z]$", "a" * 40),
    "the same twice": ("^(?:a|a)*$", "a" * 40 + "b"),
    "overlapping words": (r"^(\w+\s?)*$", "a" * 40 + "!"),
    "parts that may be empty": ("(a?){1000}b", "a" * 40),
    "an empty part that repeats": ("(a*)*b", "a" * 40),
    "counts in counts": ("((a{1,30}){1,30}){1,8}b", "a" * 40),
    "one behind the other": (".*.*.*.*.*x", "a" * 2000),
    "a lazy one": ("(a+?)+?$", "a" * 40 + "b"),
    "a separator that may be missing": (r"^(-?[a-z]+)*$", "a" * 40 + "!"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_pattern_that_backtracks_holds_up_no_render(refusal: Refusal, name: str) -> None:
    pattern, example = ENDLESS[name]
    declared = [tool(arguments={"a": typed("str", pattern=pattern, example=example)})]
    began = time.process_time()
    assert refusal("tools", declared) == ""
    assert time.process_time() - began < 5


TRIED = {
    "a slug": ("^[a-z0-9]+(?:-[a-z0-9]+)*$", "find-all-notes", "find-all-"),
    "a version": (r"^\d+(\.\d+)*$", "1.20.3", "1.20.3."),
    "a date": (r"^\d{4}-\d{2}-\d{2}$", "2026-01-31", "2026-1-31"),
    "a time": (r"^([01]\d|2[0-3]):[0-5]\d$", "18:30", "28:30"),
    "an address": ("^[^@ ]+@[^@ ]+[.][a-z]+$", "ada.lovelace@example.org", "ada@localhost"),
    "numbers with dots": (r"^(?:\d{1,3}\.){3}\d{1,3}$", "192.168.100.200", "192.168.100"),
    "letters and dashes": ("^(?:[a-z]|-)+$", "ab-cd-ef", "ab-cd-Ef"),
    "a colour": ("^#[0-9a-f]{6}$", "#aabbcc", "#aabbc"),
    "a long text": ("^[^<>]*$", "x" * 2000, "x" * 1999 + "<"),
    "a part of a text": ("[a-z]+", "A" * 299 + "a", "A" * 300),
}


@pytest.mark.parametrize("name", TRIED)
def test_a_pattern_that_people_write_is_tried(refusal: Refusal, name: str) -> None:
    pattern, right, wrong = TRIED[name]
    for example, expected in ((right, ""), (wrong, "does not match the pattern")):
        declared = [tool(arguments={"a": typed("str", pattern=pattern, example=example)})]
        message = refusal("tools", declared)
        assert expected in message if expected else message == "", message


@settings(SEARCH, max_examples=300)
@given(pair=declarations.patterns(depth=2), text=st.text("abz019-_. ", max_size=30))
def test_no_pattern_holds_up_a_render(macros: Any, pair: tuple[str, str], text: str) -> None:
    pattern = pair[0]
    assume(not pattern_refusal(macros, pattern))
    began = time.process_time()
    macros.is_unmatched(pattern, text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("words", ["with as ", "select ", "delete ", "insert ", "update ", "with "])
def test_no_text_of_a_prompt_holds_up_a_render(worker: Worker, words: str) -> None:
    module: Any = worker.jinja_env.get_template("macros/code/linting.jinja").module
    text = f"{{a}} {words * (90_000 // len(words))}"
    prompt = {"name": "ask", "messages": [{"role": "user", "text": text}]}
    began = time.process_time()
    assert "S608" not in str(module.text_rules([prompt], []))
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "is_like_sql"),
    [
        ("Select {a}\nfrom the list", True),
        ("from {a} select", False),
        ("Delete  from {a}", True),
        ("delete {a} from", False),
        ("Replace {a} values", True),
        ("update {a}, and set", True),
        ("as with {a} as (", True),
        ("with {a} (as", False),
        ("with {a} as", False),
        ("select {a}, " + "x" * 5_000 + " from", True),
    ],
)
def test_what_reads_like_sql_is_known(worker: Worker, text: str, is_like_sql: bool) -> None:
    module: Any = worker.jinja_env.get_template("macros/code/linting.jinja").module
    prompt = {"name": "ask", "messages": [{"role": "user", "text": text}]}
    assert ("S608" in str(module.text_rules([prompt], []))) is is_like_sql
