"""Raw JSON Schemas that a render takes, and with which no server would start."""

from typing import Any

import pytest

from support.checking import Check, dumped

pytestmark = pytest.mark.quick


def answers(**schema: Any) -> dict[str, Any]:
    arguments = {"type": "object"} | schema
    return {"tools": [{"name": "move", "description": "Move.", "schema": {"arguments": arguments}}]}


def of(**said: Any) -> dict[str, Any]:
    return answers(properties={"a": said})


PATTERN = (
    "the pattern {} is none that servers know; write it without look-around and back-references, "
    "and with smaller counts."
)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (of(pattern="["), PATTERN.format("[")),
        (of(pattern="(?=x)"), PATTERN.format("(?=x)")),
        (of(pattern=r"(\w{1,40}\d?){1,40}!$"), PATTERN.format(r"(\w{1,40}\d?){1,40}!$")),
        (of(patternProperties={"(?=x)": {}}), PATTERN.format("(?=x)")),
        (of(**{"$ref": "#/$defs/nowhere"}), "#/$defs/nowhere is nowhere in it; write it there."),
        (answers(**{"$ref": "#"}), "# leads to itself; write what it stands for."),
        (of(**{"$id": "https://example.org"}), "$id is not supported; leave it out."),
        (of(unevaluatedItems=False), "unevaluatedItems is not supported; leave it out."),
        (
            of(multipleOf=0),
            "properties.a.multipleOf: 0 is less than or equal to the minimum of 0; correct it.",
        ),
        (
            answers(properties={"b": 5}),
            "properties.b: 5 is not of type 'object', 'boolean'; correct it.",
        ),
    ],
)
def test_what_no_server_starts_with_is_a_mistake(
    check: Check, file: dict[str, Any], message: str
) -> None:
    assert check.mistakes(file) == [f"tools[0] move: schema.arguments: {message}"]
    (found,) = (found for found in check(file) if found.severity == "error")
    assert dumped(file).decode().splitlines()[found.mark.line - 1].strip() == "arguments:"


@pytest.mark.parametrize(
    "file",
    [
        of(pattern="^[a-z]+$", multipleOf=2),
        of(properties={"$id": {"type": "string"}, "$ref": {"type": "string"}}),
        answers(**{"$ref": "#/$defs/a", "$defs": {"a": {"required": ["b"]}}}),
        answers(**{"$schema": "http://json-schema.org/draft-07/schema#"}),
    ],
)
def test_what_a_server_starts_with_is_none(check: Check, file: dict[str, Any]) -> None:
    assert check.mistakes(file) == []


def test_what_a_render_refuses_is_said_once(check: Check) -> None:
    assert len(check.mistakes(answers(properties=5))) == 1
    assert len(check.mistakes(answers(**{"$ref": "other.json"}))) == 1
