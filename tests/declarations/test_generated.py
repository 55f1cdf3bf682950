"""Generated declarations, by the validators and by the JSON Schema."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from support import declarations
from support.answers_schema import UNSEEN, fits_schema
from support.fuzzing import search
from support.refusals import LISTS, Refusal


@pytest.mark.parametrize("question", LISTS)
@search(60)
@given(data=st.data())
def test_valid_declarations_are_taken(refusal: Refusal, question: str, data: st.DataObject) -> None:
    answer = data.draw(getattr(declarations, question)())
    assert refusal(question, answer) == ""
    assert fits_schema(question, answer)
    # And once more from the answers file.
    assert refusal(question, yaml.safe_load(yaml.safe_dump(answer, allow_unicode=True))) == ""


@pytest.mark.parametrize("question", LISTS)
@search(150)
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
@search(60)
@given(answer=ANYTHING | st.lists(ANYTHING))
def test_anything_at_all_gets_a_sentence_or_is_taken(
    refusal: Refusal, question: str, answer: Any
) -> None:
    message = refusal(question, answer)
    assert not message or re.fullmatch(rf"{question}.*: .*\.", message)
    assert message.isprintable()
    assert message or fits_schema(question, answer)


@search(60)
@given(types=declarations.shared_types())
def test_valid_types_are_taken(refusal: Refusal, types: dict[str, Any]) -> None:
    assert refusal("types", types) == ""
    assert fits_schema("types", types)
    assert refusal("types", yaml.safe_load(yaml.safe_dump(types, allow_unicode=True))) == ""


@search(40)
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


@search(100)
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
