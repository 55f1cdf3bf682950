"""Patterns and URIs, against those who read them, and how long they take."""

import re
import time
import warnings
from typing import Annotated, Any

import pydantic
import pytest
from copier._main import Worker
from hypothesis import assume, given
from hypothesis import strategies as st
from mcp import UriTemplate
from mcp.shared.uri_template import InvalidUriTemplate
from pydantic import Field

from support import declarations
from support.answers_schema import fits_schema
from support.fuzzing import search
from support.refusals import Refusal, resource, tool, typed


def compiles(pattern: str) -> tuple[re.Pattern[str], pydantic.TypeAdapter[str]]:
    """Compile it in Python and in Rust."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        python = re.compile(pattern)
    return python, pydantic.TypeAdapter(Annotated[str, Field(pattern=pattern)])


def pattern_refusal(macros: Any, pattern: str) -> str:
    return str(macros.pattern_mistake(pattern))


@search(200)
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


@search(600)
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


@search(600)
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


@search(300)
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
