"""YAML that is broken or hostile: one clear line at its place, and never a traceback."""
# ruff: noqa: E501

import time

import pytest

from support.checking import Check

pytestmark = pytest.mark.quick

NESTED = "project_name: Notes\n_deep: "

UNREADABLE: dict[str, tuple[bytes | str, str]] = {
    "nothing": ("", "1:1: is empty; write answers, as in project_name: Notes."),
    "a comment": ("# Nothing.\n", "1:1: is empty; write answers, as in project_name: Notes."),
    "a list": ("- name: find\n", "1:1: is no mapping; write answers, as in project_name: Notes."),
    "a text": ("Notes", "1:1: is no mapping; write answers, as in project_name: Notes."),
    "a tab": (
        "tools:\n\t- name: find\n",
        "2:1: is no YAML: found character '\\t' that cannot start any token; indent with spaces, not with tabs.",
    ),
    "a colon in a text": (
        "description: Notes: find them\n",
        "1:19: is no YAML: mapping values are not allowed here; put a text with a colon in quotes.",
    ),
    "another column": (
        "tools:\n  - name: find\n   description: x\n",
        "3:4: is no YAML: expected <block end>, but found '<block mapping start>'; begin what belongs together in the same column.",
    ),
    "a brace that is open": (
        "tools: [{name: find]\n",
        "1:20: is no YAML: expected ',' or '}', but got ']'; put commas between the parts, and close the bracket.",
    ),
    "a type with a question mark": (
        "a: {type: str?, description: x}\n",
        "1:14: is no YAML: expected ',' or '}', but got '?'; put a text with ? in quotes.",
    ),
    "a type with a bracket": (
        "a: {type: list[str], description: x}\n",
        "1:15: is no YAML: expected ',' or '}', but got '['; put a comma before it, or a text with [ in quotes.",
    ),
    "a question with a brace": (
        "a: {confirm: Delete {title}?}\n",
        "1:21: is no YAML: expected ',' or '}', but got '{'; put a comma before it, or a text with { in quotes.",
    ),
    "a text that begins with @": (
        "user_name: @ada\n",
        "1:12: is no YAML: found character '@' that cannot start any token; put a text that begins with it in quotes.",
    ),
    "a text that begins with *": (
        "description: *all of it\n",
        "1:14: is no YAML: found undefined alias 'all'; put a text that begins with * in quotes.",
    ),
    "two documents": (
        "project_name: Notes\n---\nhttp: true\n",
        "2:1: is no YAML: found another document; write all answers into one, without --- between them.",
    ),
    "another encoding": (
        "project_name: Notes\ndescription: Überall\n".encode("latin-1"),
        "2:14: is no UTF-8; save the file in that encoding.",
    ),
    "UTF-16": (
        "project_name: Notes\n".encode("utf-16"),
        "1:1: is no UTF-8; save the file in that encoding.",
    ),
    "a control character": (
        "project_name: Notes\ndescription: a\x07b\n",
        "2:15: is no YAML: has the character U+0007; leave it out.",
    ),
    "a null byte": (b"a: \x00", "1:4: is no YAML: has the character U+0000; leave it out."),
    "a program": (
        "project_name: !!python/object/apply:os.system ['true']\n",
        "1:15: is no YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python/object/apply:os.system'; correct it.",
    ),
    "nested lists": (
        NESTED + "[" * 5000,
        "2:72: is no YAML: more than 64 levels, one in the other; correct it.",
    ),
    "nested mappings": (
        NESTED + "{a: " * 5000,
        "2:261: is no YAML: more than 64 levels, one in the other; correct it.",
    ),
    "what contains itself": (
        "project_name: Notes\ntools: &a [*a]\n",
        "2:8: is no YAML: this contains itself; correct it.",
    ),
    "a billion laughs": (
        "a0: &a0 [ha]\n"
        + "".join(
            f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n"
            for level in range(1, 30)
        ),
        "1:1: is no YAML: more than 250,000 values, with what aliases repeat; correct it.",
    ),
    "a billion merged laughs": (
        "a0: &a0 {ha: 1}\n"
        + "".join(
            f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 10)}]}}\n"
            for level in range(1, 30)
        ),
        "1:1: is no YAML: more than 250,000 values, with what aliases repeat; correct it.",
    ),
    "a merged text": (
        "project_name: Notes\n<<: a\n",
        "2:5: is no YAML: expected a mapping or list of mappings for merging, but found scalar; correct it.",
    ),
    "a long file": (b"#" * 3_000_000, "1:1: has more than 2 MiB; leave out what is no answer."),
    "a number of 5,000 digits": (
        f"project_name: Notes\n_a: {'9' * 5000}\n",
        "2:5: cannot be read as int; put a text in quotes.",
    ),
    "a day that is none": (
        "project_name: Notes\ndescription: 2026-02-30\n",
        "2:14: cannot be read as timestamp (day is out of range for month); put a text in quotes.",
    ),
    "a number that is none": (
        "project_name: Notes\n_a: !!int x\n",
        "2:5: cannot be read as int; put a text in quotes.",
    ),
    "a truth that is none": (
        "project_name: Notes\nhttp: !!bool x\n",
        "2:7: cannot be read as bool; put a text in quotes.",
    ),
    "a list as a key": (
        "project_name: Notes\n? [a]\n: 1\n",
        "2:3: a list or a mapping is no key; write a text.",
    ),
    "a number as a key": (
        "project_name: Notes\n1: 1\n",
        "2:1: the key 1 is no text; put it in quotes.",
    ),
    "a key twice": (
        "project_name: Notes\nhttp: true\nproject_name: Other\n",
        "3:1: the key 'project_name' is there twice, first in line 1, and only the last one counts; leave one out.",
    ),
    "a key of a tool twice": (
        "tools:\n- name: find\n  description: Find something.\n  'name': get\n",
        "4:3: the key 'name' is there twice, first in line 2, and only the last one counts; leave one out.",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_said_in_one_line(check: Check, name: str) -> None:
    file, expected = UNREADABLE[name]
    start = time.monotonic()
    assert [f"{one.mark.line}:{one.mark.column}: {one.message}" for one in check(file)] == [
        expected
    ]
    assert expected.isprintable()
    assert time.monotonic() - start < 20


def test_the_rest_is_checked_where_a_value_cannot_be_read(check: Check) -> None:
    text = """\
project_name: Notes
tools:
  - name: find
    description: 2026-02-30
    hints: [readonly]
    arguments:
      when: {type: date, description: Which day., default: 2026-13-01, ge: 1}
"""
    assert [one.mark.line for one in check(text)] == [4, 5, 7, 7]


def test_aliases_and_merges_are_read_as_copier_reads_them(check: Check) -> None:
    text = """\
project_name: Notes
_note: &note {type: str, description: Which note.}
tools:
  - name: find_notes
    description: Find the notes of a day.
    arguments: &both {note: *note, other: {<<: *note, type: int, ge: x}}
  - name: get_notes
    description: Get the notes of a week.
    arguments: *both
"""
    said = "other: ge: 'x' is no int; write a whole number without quotes."
    assert [(*one.mark, one.message) for one in check(text)] == [
        (6, 70, f"tools[0] find_notes: arguments.{said}"),
        (6, 70, f"tools[1] get_notes: arguments.{said}"),
    ]


def test_kinds_of_values_that_only_yaml_has_are_no_surprise(check: Check) -> None:
    values = (".nan", "-.inf", "2026-01-02", "2026-01-02 03:04:05", "!!binary aGk=", "0x10", "1:30")
    for value in (*values, "!!set {a}", "!!omap [a: 1]", "~", "yes", "=", "! 5", '"\\uD800"'):
        for text in (
            f"project_name: {value}",
            f"http: {value}",
            f"tools: {value}",
            f"tools: [{value}]",
            f"tools: [{{name: {value}, description: {value}, hints: {value}, arguments: {value}}}]",
            f"tools: [{{name: a_b, description: x, arguments: {{c: {{type: float, description: x, default: {value}, ge: {value}, enum: [{value}], ? {value} : {value}}}}}}}]",
        ):
            for found in check(text):
                assert found.message.isprintable(), text
                assert "Error" not in found.message, text


def test_a_mark_of_the_byte_order_is_no_mistake(check: Check) -> None:
    assert check("\ufeffproject_name: 5.5.5\n") == []
