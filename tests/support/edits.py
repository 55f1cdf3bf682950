"""What users do to the files that they own: edits of a rendered project, as functions of texts."""

import ast
import functools
import itertools
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

HANDLERS = "tools/handlers.py"
SCHEMAS = "tools/schemas.py"
TOOLS = "tools/catalog.py"
PROVIDERS = "resources/providers.py"
RESOURCES = "resources/catalog.py"
PROMPT_HANDLERS = "prompts/handlers.py"
PROMPTS = "prompts/catalog.py"

OWNED = (HANDLERS, SCHEMAS, TOOLS, PROVIDERS, RESOURCES, PROMPT_HANDLERS, PROMPTS)
"""The files that belong to the user and that declarations write into."""

type Files = Mapping[str, str]
type Lines = list[str]

type Apply = Callable[[dict[str, Lines], str], None]
"""Changes the lines of all files; the text is the name of what is declared."""

type ToClass = Callable[[Lines, str], None]
"""Changes the lines of a file in the class of this name."""

type ToEntry = Callable[[Lines, int, int], None]
"""Changes the lines of a file in the entry that begins here and ends there."""


_AT_SEAMS = (
    "region's first line",
    "region's last line",
    "above the region",
    "below the region",
    "delete the region",
    "swap two regions",
    "delete a tool in all files",
    "the end line",
    "first line of Copier's",
    "write an entry first",
    "import something",
    "annotations of the future",
    "format for",
)
"""The edits of what is between two regions, or of a whole one."""


_PASSED_ON = (
    "models: ",
    "turn a hint",
    "below a hint",
    "describe argument",
    "add a comment inside",
)
"""The edits that go to what takes the place of another, as docs/updates.md says."""


class NotHereError(Exception):
    """The edit does not suit these files."""


@dataclass(frozen=True, slots=True)
class Edit:
    name: str
    kind: str
    """What it is done to: "tools", "resources", "prompts", or "" for the file as a whole."""

    change: Apply

    @property
    def moves(self) -> bool:
        """Whether it gives regions another order."""
        return "swap two regions" in self.name

    @property
    def seam(self) -> bool:
        """Whether it is where something new can come: then that may be a conflict."""
        return any(words in self.name for words in _AT_SEAMS)

    @property
    def passed_on(self) -> bool:
        """Whether it is apart from the names: then it stays when others come in their place."""
        return any(words in self.name for words in _PASSED_ON)

    @property
    def of_models(self) -> bool:
        """Whether it is done to models: in these, many lines say nothing of where they are."""
        return self.name.startswith("models: ")

    def apply(self, files: Files, target: str) -> dict[str, str]:
        """Return the files that are other ones after the edit.

        Raises:
            NotHereError: the edit does not suit these files, leaves them as they are, or leaves
                what is not Python any more.
        """
        lines = {name: text.splitlines() for name, text in files.items()}
        self.change(lines, target)
        texts = {name: "".join(f"{line}\n" for line in lines[name]) for name in files}
        found = {name: text for name, text in texts.items() if text != files[name]}
        if not found:
            raise NotHereError(self.name)
        try:
            for text in found.values():
                ast.parse(text)
        except SyntaxError as error:
            raise NotHereError(self.name) from error
        return found


# Finding ----------------------------------------------------------------------------------------


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def index(
    lines: Lines, *, begins: str = "", has: str = "", start: int = 0, end: int | None = None
) -> int:
    for number in range(start, len(lines) if end is None else end):
        if lines[number].startswith(begins) and has in lines[number]:
            return number
    raise NotHereError(begins or has)


def region(lines: Lines, name: str) -> tuple[int, int]:
    """Return where the region of something begins, with the comment, and where the next line is."""
    for start, line in enumerate(lines):
        if line.strip() == f"# region {name}":
            end = index(lines, has=f"# endregion {name}", start=start)
            return start, end + 1
    raise NotHereError(name)


def span(lines: Lines, name: str) -> tuple[int, int]:
    """Return where a function, class or catalog entry begins, and where the next line is."""
    for node in ast.walk(ast.parse("\n".join(lines))):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if node.name == name:
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                return first - 1, node.end_lineno or first
            case ast.Call() if any(
                keyword.arg == "name"
                and isinstance(keyword.value, ast.Constant)
                and keyword.value.value == name
                for keyword in node.keywords
            ):
                return node.lineno - 1, node.end_lineno or node.lineno
    raise NotHereError(name)


def fields(lines: Lines, name: str) -> list[tuple[int, int]]:
    """Return where the fields of a class begin, with the comments above them, and end."""
    start, end = span(lines, name)
    return list(_fields(lines, start, end))


def config(lines: Lines, name: str) -> int:
    """Return where the configuration of a class is or, if it has none, where the class ends."""
    start, end = span(lines, name)
    try:
        return index(lines, begins="    model_config", start=start, end=end)
    except NotHereError:
        return end


def _fields(lines: Lines, start: int, end: int) -> Iterator[tuple[int, int]]:
    for number in range(start + 1, end):
        if re.match(r"    \w+: ", lines[number]):
            last = number
            while not re.match(r"    \)|.*\)$", lines[last]):
                last += 1
            above = number - (lines[number - 1].startswith("    #"))
            yield above, last + 1


def stub(lines: Lines, name: str) -> int:
    start, end = span(lines, name)
    return index(lines, begins="    raise NotImplementedError", start=start, end=end)


def last_import(lines: Lines) -> int:
    found = [number for number, line in enumerate(lines) if re.match(r"(?:from|import) ", line)]
    if not found:
        raise NotHereError("import")
    return found[-1]


def end_line(lines: Lines, nth: int = 0) -> int:
    found = [n for n, line in enumerate(lines) if re.match(r" *# The end of what Copier", line)]
    if not found:
        raise NotHereError("end line")
    return found[nth]


def begin_line(lines: Lines, nth: int = 0) -> int:
    found = [n for n, line in enumerate(lines) if re.match(r" *# Copier writes ", line)]
    if not found:
        raise NotHereError("begin line")
    return found[nth]


# Functions: handlers, providers and prompts ------------------------------------------------------

FUNCTIONS = {"tools": HANDLERS, "resources": PROVIDERS, "prompts": PROMPT_HANDLERS}

RESULTS = {
    "tools": "{model}Result.model_construct()",
    "resources": '"text of {name}"',
    "prompts": '"message of {name}"',
}


def result(kind: str, name: str) -> str:
    prefix = "schemas." if kind == "tools" else ""
    return prefix + RESULTS[kind].format(model=camel(name), name=name)


def implement(kind: str) -> Apply:
    def change(files: dict[str, Lines], name: str) -> None:
        lines = files[FUNCTIONS[kind]]
        at = stub(lines, name)
        lines[at : at + 1] = [f"    return {result(kind, name)}"]

    return change


def implement_alike(kind: str) -> Apply:
    """With a body that any other function could have."""

    def change(files: dict[str, Lines], name: str) -> None:
        lines = files[FUNCTIONS[kind]]
        at = stub(lines, name)
        lines[at : at + 1] = [
            "    try:",
            "        found = await context.lifespan_context.find()",
            "    except OSError as error:",
            '        raise ToolError("There is nothing.") from error',
            "",
            "    # The newest first.",
            "    return sorted(found, reverse=True)",
        ]

    return change


def implement_all(kind: str) -> Apply:
    def change(files: dict[str, Lines], _: str) -> None:
        lines = files[FUNCTIONS[kind]]
        body = "return await context.lifespan_context.find()"
        lines[:] = [re.sub(r"raise NotImplementedError.*", body, line) for line in lines]

    return change


def at_stub(kind: str, *new: str, keep: bool = True, after: bool = False) -> Apply:
    def change(files: dict[str, Lines], name: str) -> None:
        lines = files[FUNCTIONS[kind]]
        at = stub(lines, name)
        stays = [lines[at]] if keep else []
        lines[at : at + 1] = [*stays, *new] if after else [*new, *stays]

    return change


def docstring(kind: str, *new: str) -> Apply:
    def change(files: dict[str, Lines], name: str) -> None:
        lines = files[FUNCTIONS[kind]]
        at = stub(lines, name) - 1
        lines[at : at + 1] = [f"    {line}".rstrip() for line in new]

    return change


def signature(kind: str, old: str, new: str) -> Apply:
    def change(files: dict[str, Lines], name: str) -> None:
        lines = files[FUNCTIONS[kind]]
        start, end = span(lines, name)
        lines[start:end] = [line.replace(old, new) for line in lines[start:end]]

    return change


def comment_signature(kind: str) -> Apply:
    def change(files: dict[str, Lines], name: str) -> None:
        lines = files[FUNCTIONS[kind]]
        start, _ = span(lines, name)
        while not re.search(r":(?:  #.*)?$", lines[start]):
            start += 1
        lines[start] += "  # Slow, but correct."

    return change


def above_function(kind: str, *new: str) -> Apply:
    def change(files: dict[str, Lines], name: str) -> None:
        lines = files[FUNCTIONS[kind]]
        start, _ = span(lines, name)
        lines[start:start] = new

    return change


def below_function(kind: str, *new: str) -> Apply:
    def change(files: dict[str, Lines], name: str) -> None:
        lines = files[FUNCTIONS[kind]]
        _, end = span(lines, name)
        lines[end:end] = ["", "", *new]

    return change


def at_region(
    file: str, *new: str, end: bool = False, below: bool = False, replaced: bool = False
) -> Apply:
    """Write above, below or instead of the first or the last line of a region."""

    def change(files: dict[str, Lines], name: str) -> None:
        lines = files[file]
        start, after = region(lines, name)
        at = (after - 1 if end else start) + below
        lines[at : at + replaced] = new

    return change


def swap_regions(file: str) -> Apply:
    def change(files: dict[str, Lines], name: str) -> None:
        lines = files[file]
        start, end = region(lines, name)
        other = index(lines, has="# region ", start=end)
        if other > end + 2:
            raise NotHereError(name)  # It is of another catalog in the same file.
        _, after = region(lines, lines[other].split()[-1])
        lines[start:after] = [*lines[other:after], *lines[end:other], *lines[start:end]]

    return change


def delete_region(file: str) -> Apply:
    def change(files: dict[str, Lines], name: str) -> None:
        lines = files[file]
        start, end = region(lines, name)
        while not lines[end]:
            end += 1
        del lines[start:end]

    return change


def delete_function(kind: str) -> Apply:
    """Leave the comments of its region where they are."""

    def change(files: dict[str, Lines], name: str) -> None:
        lines = files[FUNCTIONS[kind]]
        start, end = span(lines, name)
        del lines[start : end + 2]

    return change


_HELPER = ("def _helper(text: str) -> list[str]:", "    words = text.split()", "    return words")
_HELPER_ALIKE = (
    "async def _helper(",
    "    arguments: dict[str, str], context: Context",
    ") -> list[str]:",
    '    """Run the helper."""',
    '    raise NotImplementedError("helper")',
)


def replace_function(kind: str) -> Apply:
    """Write it anew, below what is Copier's."""

    def change(files: dict[str, Lines], name: str) -> None:
        delete_function(kind)(files, name)
        new = f"async def {name}(*words: str) -> None:"
        files[FUNCTIONS[kind]] += ["", "", new, "    return None"]

    return change


def _function_edits(kind: str) -> Iterator[Edit]:
    file = FUNCTIONS[kind]
    changes = {
        "implement": implement(kind),
        "implement alike": implement_alike(kind),
        "write above the stub": at_stub(kind, "    state = context.lifespan_context"),
        "write below the stub": at_stub(kind, "    return None", after=True),
        "write a comment at the end": at_stub(kind, "    # Later: more.", after=True),
        "change the docstring": docstring(kind, '"""Do what is to be done."""'),
        "lengthen the docstring": docstring(
            kind, '"""Do it.', "", "Much remains to be done.", '"""'
        ),
        "rename a parameter": signature(kind, "context: Context", "request: Context"),
        "change the result type": signature(kind, ") -> ", ") -> None | "),
        "comment on the signature": comment_signature(kind),
        "add a decorator": above_function(kind, "@decorated"),
        "add two decorators": above_function(kind, "@decorated", "@timed(limit=5)"),
        "add a comment above": above_function(kind, "# Slow, but correct."),
        "add a helper above": above_function(kind, *_HELPER, "", ""),
        "add a helper below": below_function(kind, *_HELPER),
        "add a similar helper below": below_function(kind, *_HELPER_ALIKE),
        "add a class below": below_function(kind, "class _State:", "    found: int = 0"),
        "add a helper above the region": at_region(file, *_HELPER, "", ""),
        "add a helper below the region": at_region(file, *_HELPER, "", "", end=True, below=True),
        "add a constant in the region": at_region(file, "_MOST = 20", "", "", below=True),
        "change the region's first line": at_region(file, "# Mine.", replaced=True),
        "delete the region's first line": at_region(file, replaced=True),
        "change the region's last line": at_region(file, "# Mine.", end=True, replaced=True),
        "delete the region's last line": at_region(file, end=True, replaced=True),
        "write a comment below the region": at_region(file, "# Ours.", end=True, below=True),
        "swap two regions": swap_regions(file),
        "delete the region": delete_region(file),
        "write a nested function": at_stub(kind, "    def inner() -> int:", "        return 1", ""),
        "delete the function": delete_function(kind),
        "replace the function": replace_function(kind),
    }
    for name, change in changes.items():
        yield Edit(f"{kind}: {name}", kind, change)


# Models -----------------------------------------------------------------------------------------


def in_class(suffix: str, change: ToClass) -> Apply:
    return lambda files, name: change(files[SCHEMAS], camel(name) + suffix)


def add_field(position: int) -> ToClass:
    def change(lines: Lines, name: str) -> None:
        new = ['    ours: str = Field(default="", description="Ours.")']
        found = fields(lines, name)
        if position == -1:
            at = config(lines, name)
        elif position < len(found):
            at = found[position][0]
        else:
            raise NotHereError(name)
        lines[at:at] = new

    return change


def change_field(position: int, old: str, new: str) -> ToClass:
    def change(lines: Lines, name: str) -> None:
        found = fields(lines, name)
        if position >= len(found):
            raise NotHereError(name)
        start, end = found[position]
        lines[start:end] = [re.sub(old, new, line, count=1) for line in lines[start:end]]

    return change


def replace_field(position: int, *new: str) -> ToClass:
    """Replace a field with its comment, or delete it."""

    def change(lines: Lines, name: str) -> None:
        found = fields(lines, name)
        if position >= len(found):
            raise NotHereError(name)
        start, end = found[position]
        if not new:
            end += lines[end : end + 1] == [""]  # The empty line behind it.
        lines[start:end] = new

    return change


def change_comments(*new: str) -> ToClass:
    """Write others into the places of the comments that say where a field is, or delete them."""

    def change(lines: Lines, name: str) -> None:
        start, end = span(lines, name)
        place = re.compile(r"(^|  )# \w+: .*")
        changed = [
            place.sub("".join(f"\\1{text}" for text in new), line) for line in lines[start:end]
        ]
        lines[start:end] = [line for line in changed if line.strip()]

    return change


def swap_fields(lines: Lines, name: str) -> None:
    found = fields(lines, name)
    if len(found) < 2:
        raise NotHereError(name)
    (one, one_end), (two, two_end) = found[:2]
    lines[one:two_end] = [*lines[two:two_end], *lines[one_end:two], *lines[one:one_end]]


def at_config(*new: str, after: bool = False, replaced: bool = False) -> ToClass:
    def change(lines: Lines, name: str) -> None:
        at = config(lines, name)
        there = at < span(lines, name)[1]
        if replaced and not there:
            raise NotHereError(name)
        at += after and there
        lines[at : at + replaced] = new

    return change


def at_class(*new: str, offset: int = 0) -> ToClass:
    def change(lines: Lines, name: str) -> None:
        at = span(lines, name)[0] + offset
        lines[at:at] = new

    return change


def class_line(old: str, new: str) -> ToClass:
    def change(lines: Lines, name: str) -> None:
        at = span(lines, name)[0]
        lines[at] = lines[at].replace(old, new)

    return change


def delete_class(lines: Lines, name: str) -> None:
    start, end = span(lines, name)
    del lines[start : end + 2]


_VALIDATOR = (
    '    @field_validator("*")',
    "    @classmethod",
    "    def _check(cls, value: object) -> object:",
    "        return value",
)


def _model_edits() -> Iterator[Edit]:
    of_arguments = {
        "change a limit",
        "change a default",
        "describe a long field",
        "change the last limit of a long field",
        "delete a long field",
        "change the comments",
        "delete the comments",
    }
    changes = {
        "add a field first": add_field(0),
        "add a field second": add_field(1),
        "add a field third": add_field(2),
        "add a field last": add_field(-1),
        "change a limit": change_field(1, r"[gl]e=\d+", "gt=7"),
        "change a default": change_field(2, r"default=\d+", "default=77"),
        "describe the first field": change_field(0, r'description="[^"]*"', 'description="Ours."'),
        "describe the third field": change_field(2, r'description="[^"]*"', 'description="Ours."'),
        "describe a long field": change_field(4, r'description="[^"]*"', 'description="Ours."'),
        "change the last limit of a long field": change_field(
            4, r"multiple_of=10", "multiple_of=5"
        ),
        "change the type of a field": change_field(0, r": (?:str|list\[str\]) ", ": bytes "),
        "rename a field": change_field(1, r"^    \w+: ", "    renamed: "),
        "comment on a field": change_field(0, r"^(    \w+: .*)", r"\1  # Ours."),
        "change the comments": change_comments("# Ours."),
        "delete the comments": change_comments(),
        "replace a field": replace_field(1, '    ours: str = Field(description="Ours.")'),
        "delete the first field": replace_field(0),
        "delete the second field": replace_field(1),
        "delete the third field": replace_field(2),
        "delete a long field": replace_field(4),
        "swap two fields": swap_fields,
        "add a validator last": at_config("", *_VALIDATOR, after=True),
        "add a validator above the configuration": at_config(*_VALIDATOR, ""),
        "add a property last": at_config(
            "", "    @property", "    def size(self) -> int:", "        return 1", after=True
        ),
        "change the configuration": at_config(
            '    model_config = ConfigDict(title="Ours", frozen=True)', replaced=True
        ),
        "delete the configuration": at_config(replaced=True),
        "add a docstring": at_class('    """What it takes."""', "", offset=1),
        "add a constant": at_class("    MOST: ClassVar[int] = 5", "", offset=1),
        "add a nested class": at_class(
            "    class Inner(Model):", "        size: int", "", offset=1
        ),
        "add a class above": at_class("class Part(Model):", "    size: int", "", "", offset=0),
        "add a decorator": at_class("@final", offset=0),
        "change the base": class_line("(Model)", "(Model, Part)"),
        "delete the class": delete_class,
    }
    for suffix in ("Arguments", "Result"):
        for name, change in changes.items():
            if suffix == "Result" and name in of_arguments:
                continue
            yield Edit(f"models: {name} ({suffix.lower()})", "tools", in_class(suffix, change))
    other = {
        "add a class first in the region": at_region(
            SCHEMAS, "class Part(Model):", "    size: int", "", "", below=True
        ),
        "add a class last in the region": at_region(
            SCHEMAS, "class Part(Model):", "    size: int", "", "", end=True
        ),
        "add a class above the region": at_region(
            SCHEMAS, "class Part(Model):", "    size: int", "", ""
        ),
        "change the region's first line": at_region(SCHEMAS, "# Mine.", replaced=True),
        "change the region's last line": at_region(SCHEMAS, "# Mine.", end=True, replaced=True),
        "delete the region": delete_region(SCHEMAS),
        "swap two regions": swap_regions(SCHEMAS),
    }
    for name, change_all in other.items():
        yield Edit(f"models: {name}", "tools", change_all)


# Catalogs ---------------------------------------------------------------------------------------

CATALOGS = {"tools": TOOLS, "resources": RESOURCES, "prompts": PROMPTS}
ENTRIES = {"tools": "Tool", "resources": "ResourceTemplate", "prompts": "Prompt"}


def in_entry(kind: str, change: ToEntry) -> Apply:
    return lambda files, name: change(files[CATALOGS[kind]], *span(files[CATALOGS[kind]], name))


def keyword(name: str, *new: str) -> ToEntry:
    """Replace the line of a keyword in an entry, or delete it."""

    def change(lines: Lines, start: int, end: int) -> None:
        at = index(lines, begins=f"        {name}=", start=start, end=end)
        if re.search(r"=\((?:  #.*)?$", lines[at]):
            raise NotHereError(name)
        lines[at : at + 1] = [f"        {line}" for line in new]

    return change


def add_keyword(offset: int, *new: str) -> ToEntry:
    def change(lines: Lines, start: int, end: int) -> None:
        at = start + offset if offset > 0 else end + offset
        lines[at:at] = [f"        {line}" for line in new]

    return change


def around_entry(*new: str, after: bool = False) -> ToEntry:
    def change(lines: Lines, start: int, end: int) -> None:
        at = end if after else start
        lines[at:at] = [f"    {line}" for line in new]

    return change


def delete_entry(lines: Lines, start: int, end: int) -> None:
    del lines[start:end]


def _entry(kind: str, name: str) -> list[str]:
    module = {"tools": "handlers", "resources": "providers", "prompts": "handlers"}[kind]
    function = "provider" if kind == "resources" else "handler"
    return [
        f"{ENTRIES[kind]}(",
        f'    name="{name}",',
        '    title="Look for something",',
        '    description="Return what contains every word of the query.",',
        f"    {function}={module}.{name},",
        "),",
    ]


_KEYWORDS: Mapping[str, tuple[str, ...]] = {
    "tools": ("title", "read_only", "idempotent"),
    "resources": ("mime_type",),
    "prompts": ("title",),
}
"""What the entries of the declarations have, beside what all have."""


def _catalog_edits(kind: str) -> Iterator[Edit]:
    file = CATALOGS[kind]
    changes = {
        "change the title": keyword("title", 'title="Our title",'),
        "delete the title": keyword("title"),
        "delete a hint": keyword("read_only"),
        "turn a hint": keyword("idempotent", "idempotent=False,"),
        "add a keyword below a hint": keyword("read_only", "read_only=True,", "time_limit=2.5,"),
        "change the media type": keyword("mime_type", 'mime_type="text/markdown",'),
    }
    needs = ("title", "title", "read_only", "idempotent", "read_only", "mime_type")
    changes = {
        name: change
        for (name, change), need in zip(changes.items(), needs, strict=True)
        if need in _KEYWORDS[kind]
    }
    changes |= {
        "change the description": keyword("description", 'description="Ours.",'),
        "lengthen the description": keyword(
            "description", "description=(", '    "Ours, "', '    "and longer."', "),"
        ),
        "add a keyword last": add_keyword(-1, "time_limit=2.5,"),
        "add a keyword above the handler": add_keyword(-2, "open_world=False,"),
        "add a keyword second": add_keyword(2, "time_limit=2.5,"),
        "add a comment inside": add_keyword(1, "# Ours."),
        "add a comment above": around_entry("# Ours."),
        "add an entry below": around_entry(*_entry(kind, "ours"), after=True),
        "delete the entry": delete_entry,
    }
    for name, change in changes.items():
        yield Edit(f"{kind}: {name} in the catalog", kind, in_entry(kind, change))
    others = {
        "swap two regions": swap_regions(file),
        "delete the region": delete_region(file),
        "change the region's first line": at_region(file, "    # Mine.", replaced=True),
        "change the region's last line": at_region(file, "    # Mine.", end=True, replaced=True),
        "add a comment above the region": at_region(file, "    # Ours."),
        "add a comment first in the region": at_region(file, "    # Ours.", below=True),
        "add a comment last in the region": at_region(file, "    # Ours.", end=True),
        "add a comment below the region": at_region(file, "    # Ours.", end=True, below=True),
    }
    for name, change_all in others.items():
        yield Edit(f"{kind}: {name} in the catalog", kind, change_all)


def argument(which: int, alter: Callable[[Lines], Lines]) -> ToEntry:
    """Change the lines of an argument of a prompt, with the comment above it."""

    def change(lines: Lines, start: int, end: int) -> None:
        begins = [n for n in range(start, end) if re.match(r" {12}Argument\(", lines[n])]
        begins = [n - lines[n - 1].startswith(" " * 12 + "#") for n in begins]
        if which >= len(begins):
            raise NotHereError("argument")
        first = begins[which]
        last = index(lines, begins="        )", start=first)
        after = min(last, *begins[which + 1 :], last)
        lines[first:after] = alter(lines[first:after])

    return change


def _described(lines: Lines) -> Lines:
    return [re.sub(r'description="[^"]*"', 'description="Ours."', line) for line in lines]


def _argument_edits() -> Iterator[Edit]:
    new = '            Argument(name="ours", description="Ours."),'
    alterations: Mapping[str, Callable[[Lines], Lines]] = {
        "describe": _described,
        "add one above": lambda lines: [new, *lines],
        "delete": lambda _: [],
    }
    for (name, alter), which in itertools.product(alterations.items(), range(3)):
        change = in_entry("prompts", argument(which, alter))
        yield Edit(f"prompts: {name} argument {which}", "prompts", change)


# Whole files ------------------------------------------------------------------------------------


def formatted(width: int) -> Apply:
    def change(files: dict[str, Lines], _: str) -> None:
        for lines in files.values():
            lines[:] = _formatted("".join(f"{line}\n" for line in lines), width).splitlines()

    return change


@functools.cache
def _formatted(text: str, width: int) -> str:
    command = (sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={width}", "-")
    return subprocess.run(
        command, input=text, stdout=subprocess.PIPE, check=True, encoding="utf-8"
    ).stdout


def _file_edits(file: str) -> Iterator[Edit]:
    def edit(name: str, change: Callable[[Lines], None]) -> Edit:
        return Edit(f"{file}: {name}", "", lambda files, _: change(files[file]))

    def insert(at: Callable[[Lines], int], *new: str) -> Callable[[Lines], None]:
        def change(lines: Lines) -> None:
            where = at(lines)
            lines[where:where] = new

        return change

    def replace(at: Callable[[Lines], int], *new: str) -> Callable[[Lines], None]:
        def change(lines: Lines) -> None:
            where = at(lines)
            lines[where : where + 1] = new

        return change

    def first_import(lines: Lines) -> int:
        return index(lines, begins="from ")

    indent = "    " if "catalog" in file else ""
    yield edit("describe the module", replace(lambda _: 0, '"""Ours."""'))
    yield edit("import something first", insert(first_import, "import asyncio", ""))
    yield edit(
        "import something last",
        insert(lambda lines: last_import(lines) + 1, "from .other import thing"),
    )
    yield edit(
        "write a constant below the imports",
        insert(lambda lines: last_import(lines) + 1, "", "_LIMIT = 5"),
    )
    yield edit(
        "annotations of the future",
        insert(lambda _: 1, "", "from __future__ import annotations"),
    )
    yield edit("write at the end", insert(len, "", "", *_HELPER))
    yield edit(
        "write a function below the imports",
        insert(lambda lines: last_import(lines) + 1, "", "", *_HELPER),
    )
    yield edit("delete the first line of Copier's", replace(begin_line))
    yield edit(
        "write a comment above the first line of Copier's", insert(begin_line, f"{indent}# Ours.")
    )
    yield edit(
        "write a comment below the first line of Copier's",
        insert(lambda lines: begin_line(lines) + 1, f"{indent}# Ours."),
    )
    yield edit("delete the end line", replace(end_line))
    yield edit("change the end line", replace(end_line, f"{indent}# The end."))
    yield edit("write a comment above the end line", insert(end_line, f"{indent}# Ours."))
    yield edit(
        "write a comment below the end line",
        insert(lambda lines: end_line(lines) + 1, f"{indent}# Ours."),
    )
    if not indent:
        yield edit("write a function above the end line", insert(end_line, *_HELPER, "", ""))


def entry_by_hand(kind: str, where: Callable[[Lines], int]) -> Apply:
    def change(files: dict[str, Lines], _: str) -> None:
        lines = files[CATALOGS[kind]]
        at = where(lines)
        lines[at:at] = [f"    {line}" for line in _entry(kind, "by_hand")]

    return change


def _entries_by_hand(kind: str) -> Iterator[Edit]:
    places: Mapping[str, Callable[[Lines], int]] = {
        "above the end line": lambda lines: end_line(lines, -1),
        "below the end line": lambda lines: end_line(lines, -1) + 1,
        "above the first line of Copier's": lambda lines: begin_line(lines, -1),
        "first": lambda lines: begin_line(lines, -1) + 1,
    }
    for name, where in places.items():
        yield Edit(f"{kind}: write an entry {name}", "", entry_by_hand(kind, where))


def _delete_tool(files: dict[str, Lines], name: str) -> None:
    for file in (HANDLERS, SCHEMAS, TOOLS):
        delete_region(file)(files, name)


def _write_tool(files: dict[str, Lines], _: str) -> None:
    files[HANDLERS] += [
        "",
        "",
        "async def by_hand(",
        "    arguments: schemas.ByHandArguments, context: Context",
        ") -> schemas.ByHandResult:",
        '    """Run the by_hand tool."""',
        "    return schemas.ByHandResult()",
    ]
    files[SCHEMAS] += [
        "",
        "",
        "class ByHandArguments(Model):",
        '    query: str = Field(description="Words to look for.", min_length=1, max_length=200)',
        "",
        "",
        "class ByHandResult(Model):",
        '    model_config = ConfigDict(title="by_hand result")',
    ]
    lines = files[TOOLS]
    at = end_line(lines) + 1
    lines[at:at] = [f"    {line}" for line in _entry("tools", "by_hand")]


EDITS: tuple[Edit, ...] = (
    *(edit for kind in FUNCTIONS for edit in _function_edits(kind)),
    *_model_edits(),
    *(edit for kind in CATALOGS for edit in _catalog_edits(kind)),
    *_argument_edits(),
    *(edit for file in OWNED for edit in _file_edits(file)),
    *(edit for kind in CATALOGS for edit in _entries_by_hand(kind)),
    *(Edit(f"{kind}: implement all", "", implement_all(kind)) for kind in FUNCTIONS),
    Edit("delete a tool in all files", "tools", _delete_tool),
    Edit("write a tool into all files", "", _write_tool),
    *(Edit(f"format for {width} columns", "", formatted(width)) for width in (79, 120)),
)
