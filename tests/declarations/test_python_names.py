"""The names of Python that declared names become, and those that are taken."""

import ast
import builtins
import keyword
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from support import declarations
from support.fuzzing import search
from support.renderer import Renderer

pytestmark = pytest.mark.quick


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


@search(300)
@given(name=declarations.printable(max_size=100).filter(bool) | st.text("aB1_-é$. ", min_size=1))
def test_the_rule_makes_a_name_that_stays_as_it_is(macros: Any, name: str) -> None:
    found = str(macros.field_name(name))
    assert re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*_?", found)
    assert not keyword.iskeyword(found)
    assert not hasattr(BaseModel, found)
    assert str(macros.field_name(found)) == found
