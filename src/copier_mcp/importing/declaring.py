"""Says what a server offers in the language of docs/declarations.md, and what that leaves out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic_core import to_json

from copier_mcp.importing.fields import InexpressibleError, SharedTypes, make_fields
from copier_mcp.importing.raw import UnusableError, is_deep, usable
from copier_mcp.importing.schemas import Schema

if TYPE_CHECKING:
    from mcp import types

    from copier_mcp.importing.reading import Offer

MAX_RESOURCES = 50
"""More than these are found by the server, not declared: files, rows of a table."""
MAX_TEXT = 10_000
"""Characters of a description, which the check of answers files allows."""
HINTS = ("read_only", "destructive", "idempotent", "open_world")

type Kind = Literal["tools", "resources", "prompts"]


@dataclass(slots=True)
class Entry:
    """A tool, a resource or a prompt."""

    kind: Kind
    index: int
    """Its place in what the server lists."""
    declared: dict[str, Any]
    notes: dict[str, list[str]] = field(default_factory=dict)
    """Comments, by the key that they stand before."""
    lost: list[str] = field(default_factory=list)
    schemas: dict[str, Schema] = field(default_factory=dict)
    """The schemas of the arguments and the result of a tool."""
    refused: str = ""
    """Why the check does not let it be declared."""

    @property
    def place(self) -> str:
        return f"{self.kind}[{self.index}] {self.declared['name']}: "

    def note(self, key: str, text: str) -> None:
        self.notes.setdefault(key, []).append(text)

    def write(self, key: str, text: str | None) -> None:
        """Write a text, if there is one."""
        if kept := self.kept(key, text):
            self.declared[key] = kept

    def kept(self, key: str, text: str | None) -> str:
        """Return a text without what no text may have, and tell of that."""
        given = (text or "").strip()
        cleaned = clean(given)
        if cleaned != given:
            self.lost.append(f"{key}: has characters that cannot be printed")
        if len(cleaned) > MAX_TEXT:
            said = f"has {len(cleaned):,} characters, of which the first {MAX_TEXT:,} are kept"
            self.lost.append(f"{key}: {said}")
        return cleaned[:MAX_TEXT].rstrip()

    def lose(self, **parts: object) -> None:
        """Tell of what has no place in the language."""
        self.lost += [f"{name}: {shown(value)}" for name, value in parts.items() if value]

    def refuse(self, why: str) -> None:
        """Leave it to a comment in the file."""
        self.refused = why
        self.notes = {"": [f"Refused: {why}"]}

    def set_open(self, part: str, *, is_open: bool) -> None:
        """Say whether the arguments or the result of a tool may have more than their fields."""
        additional = self.declared.pop("additional", [])
        parts = {"arguments"} if additional is True else {*additional}
        parts = parts | {part} if is_open else parts - {part}
        if parts:
            self.declared["additional"] = True if parts == {"arguments"} else sorted(parts)

    def use_schema(self, part: str, why: str) -> None:
        """Declare the arguments or the result of a tool by their JSON Schema."""
        self.declared.pop(part, None)
        self.set_open(part, is_open=False)
        self.declared.setdefault("schema", {})[part] = self.schemas[part]
        self.note("schema", why)


def clean(text: str) -> str:
    """Return a text as descriptions may be: printable, over lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return "".join(sign for sign in lines if sign in "\n\u200c\u200d" or sign.isprintable()).strip()


def shown(value: object) -> str:
    """Return a value for a line: short, and as it stands in JSON."""
    in_json = to_json(value, by_alias=True, exclude_none=True, fallback=str).decode()
    text = value if isinstance(value, str) else in_json
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= 80 else f"{line[:79]}…"


def entries(offer: "Offer", shared: SharedTypes) -> tuple[list[Entry], list[str]]:
    """Return all that is declared, and what is lost of no entry; `shared` are types."""
    found = [_tool(index, tool, shared) for index, tool in enumerate(offer.tools)]
    listed: list[types.Resource | types.ResourceTemplate] = [*offer.templates, *offer.resources]
    found += [_resource(index, one) for index, one in enumerate(listed[:MAX_RESOURCES])]
    found += [_prompt(index, prompt) for index, prompt in enumerate(offer.prompts)]
    lost = []
    if rest := listed[MAX_RESOURCES:]:
        lost.append(
            f"resources: {len(rest)} more, beginning with {shown(rest[0].name)}; where the server "
            "finds them itself, declare a template, or list them in your code."
        )
    return found, lost


# Tools ------------------------------------------------------------------------------------------


def _tool(index: int, tool: "types.Tool", shared: SharedTypes) -> Entry:
    entry = Entry("tools", index, {"name": tool.name})
    annotations = tool.annotations
    entry.write("title", tool.title or (annotations.title if annotations else None))
    entry.write("description", tool.description)
    if annotations:
        _write_hints(entry, annotations)
        if tool.title and annotations.title not in (None, tool.title):
            entry.lose(**{"annotations.title": annotations.title})
    support = tool.execution.task_support if tool.execution else None
    entry.lose(
        execution=f"taskSupport {support}" if support not in (None, "forbidden") else None,
        _meta=_own_meta(tool.meta),
    )
    _write_icons(entry, tool.icons)
    _write_part(entry, "arguments", tool.input_schema, shared)
    output = tool.output_schema
    if output is not None and output.get("type") == "object":
        _write_part(entry, "result", _own_schema(output), shared)
    else:
        entry.declared["content"] = "text"
        entry.note("content", "A guess: the server declares no result.")
        entry.lose(outputSchema=output)
    return entry


def _own_meta(meta: dict[str, Any] | None) -> dict[str, Any]:
    """Return what an author has written: FastMCP writes an empty list of tags everywhere."""
    return {
        key: value
        for key, value in (meta or {}).items()
        if key not in ("fastmcp", "_fastmcp") or value != {"tags": []}
    }


def _own_schema(schema: Schema) -> Schema:
    """Return the schema of a result without what FastMCP says where it wraps what is no object."""
    if not schema.get("x-fastmcp-wrap-result"):
        return schema
    own = ("description", "x-fastmcp-wrap-result")
    return {key: value for key, value in schema.items() if key not in own}


def _write_icons(entry: Entry, icons: "Iterable[types.Icon] | None") -> None:
    if icons:
        dumped = [icon.model_dump(exclude_none=True) for icon in icons]
        entry.declared["icons"] = [
            {key: value for key, value in icon.items() if value} for icon in dumped
        ]


def _write_hints(entry: Entry, annotations: "types.ToolAnnotations") -> None:
    given = {
        hint: value for hint in HINTS if (value := getattr(annotations, f"{hint}_hint")) is not None
    }
    if given.get("read_only") and given.get("destructive"):
        entry.lost.append("destructiveHint: true; what is read-only is not destructive")
        del given["destructive"]
    if given:
        entry.declared["hints"] = list(given) if all(given.values()) else given


def _write_part(entry: Entry, part: str, schema: Schema, shared: SharedTypes) -> None:
    try:
        write_part(entry, part, schema, shared)
    except UnusableError as error:
        entry.refuse(str(error))


def write_part(entry: Entry, part: str, schema: Schema, shared: SharedTypes) -> None:
    """Declare the arguments or the result of a tool: as fields, or else as a schema.

    Types that are in themselves are added to those that all tools share.

    Raises:
        UnusableError: It can be declared in neither way.
    """
    # Every schema of MCP is one of 2020-12; what else it says it is, it is not.
    kept = {key: value for key, value in schema.items() if key != "$schema"}
    entry.schemas[part], dropped = usable(kept, part)
    entry.lost += dropped
    try:
        made = make_fields(entry.schemas[part], part, shared)
    except InexpressibleError as error:
        entry.use_schema(part, f"{error}; no fields say that.")
        return
    if is_deep(made.fields):
        raise UnusableError(f"{part}: is nested too deep for an answers file; flatten it.")
    if made.fields:
        entry.declared[part] = made.fields
    if made.additional:
        entry.set_open(part, is_open=True)
    entry.lost += made.lost


# Resources and prompts --------------------------------------------------------------------------


def _resource(index: int, resource: "types.Resource | types.ResourceTemplate") -> Entry:
    uri = getattr(resource, "uri_template", None) or getattr(resource, "uri", "")
    entry = Entry("resources", index, {"uri": str(uri), "name": resource.name})
    entry.write("title", resource.title)
    entry.write("description", resource.description)
    if resource.mime_type:
        entry.declared["mime_type"] = resource.mime_type
    entry.lose(
        size=getattr(resource, "size", None),
        annotations=resource.annotations,
        _meta=_own_meta(resource.meta),
    )
    _write_icons(entry, resource.icons)
    return entry


def _prompt(index: int, prompt: "types.Prompt") -> Entry:
    entry = Entry("prompts", index, {"name": prompt.name})
    entry.write("title", prompt.title)
    entry.write("description", prompt.description)
    arguments: dict[str, dict[str, Any]] = {}
    for argument in prompt.arguments or ():
        place = f"arguments.{argument.name}"
        if argument.name in arguments:
            entry.lost.append(f"{place}: is there twice")
        about = arguments[argument.name] = {}
        if description := entry.kept(f"{place}.description", argument.description):
            about["description"] = description
        if not argument.required:
            about["required"] = False
        entry.lose(**{f"{place}.title": argument.title})
    if arguments:
        entry.declared["arguments"] = arguments
    entry.lose(_meta=_own_meta(prompt.meta))
    _write_icons(entry, prompt.icons)
    return entry


# The project ------------------------------------------------------------------------------------


def project(offer: "Offer") -> tuple[dict[str, Any], list[str]]:
    """Return the answers about the project, and what is lost of what the server says of itself."""
    answers: dict[str, Any] = {}
    lost: list[str] = []
    info = offer.info
    names = [info.title, info.name] if info else []
    if name := one_line(names, 60):
        answers["project_name"] = name
    elif info:
        lost.append(f"serverInfo.name: {shown(info.name)}; write project_name")
    texts = [info.description if info else None, offer.instructions]
    if description := one_line(texts, 100):
        answers["description"] = description
    if info:
        parts = {
            "description": info.description,
            "websiteUrl": info.website_url,
            "icons": info.icons,
        }
        lost += [
            f"serverInfo.{key}: {shown(value)}"
            for key, value in parts.items()
            if value and value != answers.get("description")
        ]
    if offer.instructions:
        lost.append(f"instructions: {shown(offer.instructions)}")
    return answers, lost


def one_line(texts: Iterable[str | None], longest: int) -> str:
    """Return the first text that is one line of at most some characters."""
    for text in texts:
        line = (text or "").strip()
        if line and len(line) <= longest and re.sub("[\u200c\u200d]", "", line).isprintable():
            return line
    return ""
