"""What no render refuses, but serves models and clients badly; and what the server will need."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from copier_mcp.check.findings import Finding, Mark
from copier_mcp.check.tree import Part, Value, type_names, walk

MAX_TOOLS = 40
"""Cursor for one passes no more to its model, of all servers together."""
MAX_NAME = 64
"""What the model providers allow; clients put the name of the server in front."""
PREFIX = "mcp__{}__"
MIN_DESCRIPTION = 15
MAX_DESCRIPTION = 2048
"""Claude Code for one cuts the rest."""
DESTRUCTIVE = {"delete", "destroy", "drop", "erase", "purge", "remove", "truncate", "wipe"}


def hints(root: Value, answers: dict[str, Any]) -> Iterator[Finding]:
    """Yield the hints for answers in which there may be mistakes, which are taken out."""
    tools = _entries(root, "tools")
    if len(tools) > MAX_TOOLS:
        yield _hint(
            tools[MAX_TOOLS].mark,
            f"tools: {len(tools)} are more than some clients show a model, which is "
            f"{MAX_TOOLS}; declare fewer, or make two servers.",
        )
    yield from _alike(tools)
    part = root.part("types")
    types = part.value if part and part.value.kind == "mapping" else Value("mapping", root.mark)
    yield from _about_types(types, [tool.value for tool in tools])
    for tool in tools:
        yield from _about_tool(tool, types, str(answers.get("distribution_name", "")))
    for question in ("resources", "prompts"):
        for entry in _entries(root, question):
            if not entry.value.lost and entry.value.part("description") is None:
                said = "has no description; a model that looks for it needs one."
                yield _hint(entry.mark, f"{_place(question, entry)}{said}")
    yield from _about_sessions(root, tools, answers)


def _entries(root: Value, question: str) -> list[Part]:
    part = root.part(question)
    entries = part.value.parts if part and part.value.kind == "list" else []
    return [entry for entry in entries if not entry.stands_in]


def _hint(mark: Mark, message: str) -> Finding:
    return Finding(mark, "hint", message)


def _place(question: str, entry: Part) -> str:
    name = entry.value.part("name")
    return entry.label or f"{question}[{entry.key}] {name.value.leaf if name else ''}: "


def _text(entry: Part, key: str) -> tuple[Part, str] | None:
    """Return a part that the file has, with its text."""
    part = entry.value.part(key)
    return None if part is None or part.stands_in else (part, str(part.value.leaf).strip())


def _alike(tools: list[Part]) -> Iterator[Finding]:
    """Compare the words of descriptions."""
    first: dict[frozenset[tuple[str, int]], Part] = {}
    for tool in tools:
        if (found := _text(tool, "description")) is None:
            continue
        part, text = found
        words = frozenset(Counter(re.findall(r"\w+", text.casefold())).items())
        if words in first:
            other = _place("tools", first[words]).rstrip(": ")
            said = f"has the words of {other}; say how they differ, or a model cannot choose."
            yield _hint(part.shown_at, f"{_place('tools', tool)}description: {said}")
        first.setdefault(words, tool)


def _about_description(tool: Part, place: str) -> Iterator[Finding]:
    if (description := _text(tool, "description")) and _length(description[1]) < MIN_DESCRIPTION:
        said = "is too short for a model to choose by; say what the tool does, and when."
        yield _hint(description[0].shown_at, f"{place}description: {said}")
    elif description and len(description[1]) > MAX_DESCRIPTION:
        said = f"has {len(description[1])} characters, and some clients show no more than"
        yield _hint(
            description[0].shown_at, f"{place}description: {said} {MAX_DESCRIPTION}; shorten it."
        )
    elif tool.value.part("description") is None and "description" not in tool.value.lost:
        yield _hint(tool.mark, f"{place}has no description; a model has nothing to choose it by.")


def _about_types(types: Value, tools: list[Value]) -> Iterator[Finding]:
    """Say which types lack descriptions, and which no field has."""
    used = {part.key: type_names(part.value) for part in types.parts}
    of_tools = {name for tool in tools for name in type_names(tool)}
    # What is lost or mistaken may have been a type.
    is_vague = any(
        "type" in one.lost or any(part.stands_in for part in one.parts)
        for value in (types, *tools)
        for one in walk(value)
    )
    for type_ in types.parts:
        if type_.stands_in:
            continue
        for key in ("fields", "one_of"):
            parts = type_.value.part(key)
            if parts and (names := [*_undescribed(parts.value)]):
                said = (
                    f"{', '.join(names)} without a description; a model has to guess what it means."
                )
                yield _hint(parts.mark, f"types.{type_.key}: {key}: {said}")
        others = (found for part, found in used.items() if part != type_.key)
        if not is_vague and not any(type_.key in found for found in (of_tools, *others)):
            yield _hint(type_.mark, f"types.{type_.key}: no field has this type; leave it out.")


def _about_tool(tool: Part, types: Value, server: str) -> Iterator[Finding]:
    place = _place("tools", tool)
    yield from _about_description(tool, place)
    for key in ("arguments", "result"):
        if (fields := tool.value.part(key)) and (names := [*_undescribed(fields.value)]):
            said = f"{', '.join(names)} without a description; a model has to guess what it means."
            yield _hint(fields.mark, f"{place}{key}: {said}")
        for path, choices in _with_booleans(fields.value) if fields else ():
            yield _hint(
                choices.mark,
                f"{place}{key}.{path}: enum: has true or false, as which YAML reads on, off, yes "
                "and no, too; put such a word in quotes, or write the type.",
            )
    if name := _text(tool, "name"):
        length = len(PREFIX.format(server) + name[1])
        if length > MAX_NAME:
            yield _hint(
                name[0].shown_at,
                f"{place}name: has {length} characters as {PREFIX.format(server)}{name[1]}, and "
                f"clients that write it so cut or refuse it after {MAX_NAME}; shorten it, or "
                "distribution_name.",
            )
        marked = tool.value.part("hints")
        has_hint = marked and "destructive" in (marked.value.plain() or ())
        verb = re.match(r"[A-Z]?[a-z]*", name[1])  # Of snake_case, camelCase and all others.
        if verb and verb[0].lower() in DESTRUCTIVE and not has_hint:
            said = "sounds destructive; write hints: [destructive], so that clients ask first."
            yield _hint(name[0].shown_at, f"{place}name: {said}")
    result = tool.value.part("result")
    if result and result.value.kind == "mapping":
        without = [
            str(part.key) for part in result.value.parts if not _has_example(part.value, types, {})
        ]
        if without:
            said = f"{', '.join(without)} cannot be mocked; write an example."
            yield _hint(result.mark, f"{place}result: {said}")


def _about_sessions(root: Value, tools: list[Part], answers: dict[str, Any]) -> Iterator[Finding]:
    """Say what confirmation takes over HTTP. No answer can do it, so it is no hint."""
    http = root.part("http")
    confirmed = (tool for tool in tools if _text(tool, "confirm"))
    names = [name[1] for tool in confirmed if (name := _text(tool, "name"))]
    if http and answers.get("http") is True and names:
        setting = f"{str(answers.get('package_name')).upper()}_SESSIONS=100"
        said = f"clients of 2025-11-25 without a session cannot confirm {', '.join(names)}"
        yield Finding(http.mark, "note", f"http: {said}; serve them with {setting}.")


def _undescribed(fields: Value) -> Iterator[str]:
    """Yield the fields without a description, and those inside of them, with dots between."""
    for field in fields.parts if fields.kind == "mapping" else ():
        if field.value.kind != "mapping" or field.stands_in:
            continue
        if field.value.part("description") is None and not field.value.lost:
            yield str(field.key)
        if inner := field.value.part("fields"):
            yield from (f"{field.key}.{name}" for name in _undescribed(inner.value))
        if inner := field.value.part("one_of"):
            yield from (f"{field.key}.{name}" for name in _undescribed(inner.value))


def _with_booleans(fields: Value) -> Iterator[tuple[str, Part]]:
    """Yield the choices among which true or false is, where no type says so, with their paths."""
    for field in fields.parts if fields.kind == "mapping" else ():
        if field.value.kind != "mapping":
            continue
        choices = field.value.part("enum")
        if choices and field.value.part("type") is None and "type" not in field.value.lost:
            if any(isinstance(one, bool) for one in choices.value.plain() or ()):
                yield str(field.key), choices
        elif inner := field.value.part("fields") or field.value.part("one_of"):
            for path, part in _with_booleans(inner.value):
                yield f"{field.key}.{path}", part


def _length(text: str) -> int:
    """Count characters; one of Chinese says as much as a few of an alphabet."""
    return sum(4 if character >= "\u2e80" else 1 for character in text)


def _has_example(field: Value, types: Value, known: dict[str, bool]) -> bool:
    """Return whether a stub can answer with it, by what docs/declarations.md says of mocks.

    `known` are the types for which that is said already; no stub answers with one in itself.
    """
    given = field.part("type")
    if given and given.stands_in:  # Whether a stub can answer with the right one, nobody knows.
        return True
    type_ = str(given.value.leaf) if given else "object"
    choices = field.part("enum")
    has_null = not given and choices and None in (choices.value.plain() or ())
    if field.lost or field.part("example") or type_.endswith(" | None") or has_null:
        return True
    name = type_.removeprefix("list[").removesuffix("]")
    if name in known:
        return type_ in (name, f"list[{name}]") and known[name]
    shared = types.part(name)
    inner = (shared.value if shared else field).part("fields")
    if inner is None or type_ not in (name, f"list[{name}]"):
        return False
    if shared:
        known[name] = False
    found = all(
        _has_example(part.value, types, known)
        for part in inner.value.parts
        if (needed := part.value.part("required")) is None or needed.value.leaf is not False
    )
    if shared:
        known[name] = found
    return found
