"""Write what follows from language.yml: the JSON Schema, tables of the docs, and what checks know.

The questions are those of copier.yml, and the names that are taken those that the checks refuse.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader

ROOT = Path(__file__).resolve().parent.parent

# The tables of keys: the heading above each, how it begins, and the definition that it shows.
_TABLES = (
    ("## Tools", "| key |", "tool"),
    ("## Fields", "| key |", "argument"),
    ("## Shared types", "| key |", "shared"),
    ("## Call an API", "| key of `api` |", "api"),
    ("## Call an API", "| key of `http` |", "http"),
    ("## Resources", "| key |", "resource"),
    ("## Prompts", "| key |", "prompt"),
)
# The patterns that checks search for as they stand; others they take apart, to say what is wrong.
_SEARCHED = {
    *(
        "api_auth.api_key.name",
        "http.content_type",
        "http.path",
        "icon.mime_type",
        "icon.sizes",
        "icon.src",
    ),
    *("model_name", "resource.mime_type", "scopes", "url"),
    *("bytes", "decimal", "duration", "email", "time", "uri", "uuid"),
}
# Definitions for arguments, and what those for results are called.
_FOR_RESULTS = {"argument": "part", "arguments": "parts", "one_of_arguments": "one_of_parts"}
_ADDED_KEYWORDS = {"arguments_only", "docs", "for"}
_KEYWORDS_WITH_NAMES = {"$defs", "dependentSchemas", "patternProperties", "properties"}
# How many lists can be in each other: each takes six characters of a line of Python.
_MAX_LEVELS = 15

type Node = dict[str, Any]
type Rows = Iterable[tuple[str, ...]]


class Language:
    """What language.yml says, and what follows from it."""

    def __init__(self, root: Path) -> None:
        read = yaml.safe_load((root / "language.yml").read_text("utf-8"))
        self._root = root
        self._types: dict[str, Node] = read["types"]
        self._parts: dict[str, str] = read["parts"] | _patterns_of(self._types)
        self._schema: Node = read["schema"]
        self._definitions: dict[str, Node] = self._schema["$defs"]
        self._definitions |= {
            name: one["value"] for name, one in self._types.items() if "value" in one
        }
        self._limits: dict[str, Node] = self._definitions["items"]["properties"]
        self._known: Node = {"keys_of": {}, "choices_of": {}, "max_of": {}, "pattern_of": {}}
        for name, definition in self._definitions.items():
            self._look(name, definition)
        self._complete()

    def texts(self) -> Iterator[tuple[Path, str]]:
        """Yield the files that are written, with their texts."""
        # The checks know the names that are taken, and need these macros.
        yield self._root / "macros" / "checks" / "language.jinja", self._macros()
        yield self._root / "answers.schema.json", _json(self._answers_schema()) + "\n"
        page = self._root / "docs" / "declarations.md"
        yield page, self._page(page.read_text("utf-8"))

    def _complete(self) -> None:
        """Add the definitions and rules that follow from others."""
        self._definitions["argument"]["properties"] |= self._limits
        for name, for_results in _FOR_RESULTS.items():
            self._definitions[for_results] = _for_results(self._definitions[name])
        for name in ("argument", "part"):
            self._known["keys_of"][name] = [*self._definitions[name]["properties"]]
        self._definitions["type"]["examples"][:0] = self._types
        self._definitions["rules"]["allOf"] += [*self._rules_of_types(), *self._rules_of_limits()]

    def _rules_of_types(self) -> Iterator[Node]:
        for name, one in self._types.items():
            if "value" in one:
                value = {"anyOf": [{"$ref": name}, {"type": "null"}]}
                values = {"items": value, "additionalProperties": value}
                for pattern, allowed in (
                    (rf"^{name}(?: \| None)?$", value),
                    (rf"^(?:list\[|dict\[str, ){name}(?: \| None)?\]", values),
                ):
                    given = {"default": allowed, "example": allowed}
                    yield {"if": _typed(pattern), "then": {"properties": given}}

    def _rules_of_limits(self) -> Iterator[Node]:
        by_types: dict[str, list[str]] = {}
        for limit, one in self._limits.items():
            by_types.setdefault(" ".join(one["for"]), []).append(limit)
        for types, limits in by_types.items():
            leaf = _either(name for name in types.split() if name in self._types)
            pattern = rf"{leaf}(?: \| None)?$"
            if outer := [rf"{name}\[" for name in types.split() if name not in self._types]:
                pattern = f"(?:{'|'.join([pattern, *outer])})"
            given: Node = {"required": limits}
            if limits[1:]:
                given = {"anyOf": [{"required": [limit]} for limit in limits]}
            yield {"if": given, "then": _typed(f"^{pattern}")}
            items = {"required": ["items"], "properties": {"items": {"type": "object"} | given}}
            inner = {"type": {"pattern": rf"(?:\[|, ){leaf}(?:\]| \| None)*$"}}
            yield {"if": items, "then": {"properties": inner}}

    # The schema ----------------------------------------------------------------------------------

    def _answers_schema(self) -> Node:
        environment = Environment(  # noqa: S701 (nothing of it is HTML)
            loader=FileSystemLoader(self._root),
            extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
        )
        taken: Node = {}
        for name in ("project", "names", "shared"):
            taken |= vars(environment.get_template(f"macros/checks/{name}.jinja").module)
        asked = yaml.safe_load((self._root / "copier.yml").read_text("utf-8"))
        more = self._schema["properties"]
        questions = {
            name: _question(one) | more.get(name, {})
            for name, one in asked.items()
            if name[0] != "_" and one.get("when") is not False
        }
        written: Node = self._written(self._schema | {"properties": questions}, taken)
        return written

    def _written(self, node: Any, taken: Node) -> Any:
        """Return a schema without the abbreviations and additions of language.yml."""
        if isinstance(node, list):
            return [self._written(one, taken) for one in node]
        if not isinstance(node, dict):
            return node
        written: Node = {}
        for key, value in node.items():
            if key == "$ref":
                written[key] = f"#/$defs/{value}"
            elif key == "pattern":
                written[key] = self._filled(value)
            elif key == "description":
                written[key] = self._sentences(value, node.get("for", "all"))
            elif key == "enum":
                written[key] = sorted({*taken[value]}) if isinstance(value, str) else [*value]
            elif key in _KEYWORDS_WITH_NAMES:
                written[key] = {name: self._written(one, taken) for name, one in value.items()}
            elif key not in _ADDED_KEYWORDS:
                written[key] = self._written(value, taken)
        return written

    def _filled(self, text: str) -> str:
        return re.sub("<([a-z]+)>", lambda match: self._filled(self._parts[match[1]]), text)

    def _sentences(self, markdown: str, goes_with: str | list[str]) -> str:
        """Return what a table says as sentences, without marks and links."""
        sentences = [markdown]
        if goes_with != "all":
            sentences.append(
                f"for {goes_with if isinstance(goes_with, str) else _words(goes_with)}"
            )
        for number, sentence in enumerate(sentences):
            text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", self._filled(sentence))
            # Code keeps its small letter.
            text = (text if text[0] == "`" else text[0].upper() + text[1:]).replace("`", "")
            sentences[number] = text + ("" if text[-1] in ".?…" else ".")
        return " ".join(sentences)

    # The docs ------------------------------------------------------------------------------------

    def _page(self, page: str) -> str:
        for heading, header, name in _TABLES:
            page = _with_rows(page, heading, header, self._rows(self._definitions[name]))
        contents = self._definitions["tool"]["properties"]["content"]["enum"]
        page = _with_rows(page, "## Content", "| `content` |", contents.items())
        forms = (
            (name, one["python"], one["json"], f"`{one['example']}`")
            for name, one in self._types.items()
            if "python" in one
        )
        return _with_rows(page, "## Types with a form", "| type |", forms)

    def _rows(self, definition: Node) -> Rows:
        """Return the rows of a table of keys. Keys of which the same is said share one."""
        rows: dict[tuple[str, ...], list[str]] = {}
        for key, one in definition["properties"].items():
            text = self._text(one)
            if "required" in definition and key not in definition["required"]:
                text = f"optional; {text}"
            goes_with = one.get("for", [])
            if isinstance(goes_with, list):
                goes_with = ", ".join(f"`{name}`" for name in goes_with)
            cells = (goes_with, text) if goes_with else (text,)
            rows.setdefault(cells, []).append(key)
        return [("`, `".join(keys), *cells) for cells, keys in rows.items()]

    def _text(self, node: Node) -> str:
        if text := node.get("docs") or node.get("description"):
            return str(text)
        if "$ref" in node:
            return self._text(self._definitions[node["$ref"]])
        return _words(node["enum"], "or")

    # The checks ----------------------------------------------------------------------------------

    def _look(self, path: str, node: Node) -> None:
        """Note what checks know of a definition or key, and of what is in it."""
        if node.get("additionalProperties") is False:
            self._known["keys_of"][path] = [*node["properties"]]
        if isinstance(node.get("enum"), dict | list):
            self._known["choices_of"][path] = [*node["enum"]]
        for keyword in {"maxItems", "maxLength", "maximum"} & node.keys():
            self._known["max_of"][path] = node[keyword]
        if path in _SEARCHED and "pattern" in node:
            pattern = self._filled(node["pattern"])
            self._known["pattern_of"][path] = pattern.removesuffix("$") + r"\Z"
        for name, one in node.get("properties", {}).items():
            self._look(f"{path}.{name}", one)
        if "items" in node:
            self._look(path, node["items"])
        for one in node.get("oneOf", ()):
            self._look_at_kind(path, one.get("properties", {}))

    def _look_at_kind(self, path: str, keys: Node) -> None:
        """Note what checks know of an object that is one of several, told apart by its type."""
        for kind in _choices(keys.get("type", {})):
            self._known["choices_of"].setdefault(f"{path}.type", []).append(kind)
            self._known["keys_of"][f"{path}.{kind}"] = [*keys]
            for name, key in keys.items():
                if name != "type":
                    self._look(f"{path}.{kind}.{name}", key)

    def _macros(self) -> str:
        values = {
            "leaf_types": [*self._types],
            "json_kinds": self._of_types("kind"),
            "samples": self._of_types("example"),
            "limited_types": {limit: one["for"] for limit, one in self._limits.items()},
            **self._known,
            "styles": {
                one["if"]["properties"]["in"]["const"]: _choices(style)
                for one in self._definitions["place"]["allOf"]
                if (style := one["then"]["properties"]["style"])
            },
        }
        lines = ["{# `make language` writes this from language.yml: what the checks know of it. #}"]
        lines += [f"{{% set {name} = {_jinja(value)} %}}" for name, value in values.items()]
        return "\n".join(lines) + "\n"

    def _of_types(self, key: str) -> dict[str, str]:
        return {name: one[key] for name, one in self._types.items() if key in one}


# Parts of schemas -----------------------------------------------------------------------------


def _patterns_of(types: dict[str, Node]) -> dict[str, str]:
    """Return the parts of patterns and texts that follow from the types of fields."""
    kinds: dict[str, list[str]] = {}
    for name, one in types.items():
        if "kind" in one:
            kinds.setdefault(one["kind"], []).append(name)
    part = _either(name for name, one in types.items() if "kind" in one)
    union = rf"{part}(?: \| {part})*"
    alone = "|".join(name for name, one in types.items() if "kind" not in one)
    leaf = rf"(?:{alone}|(?!None(?![A-Za-z0-9]))[A-Z][A-Za-z0-9]{{0,39}}|{union})"
    type_ = rf"{leaf}(?: \| None)?"
    for _ in range(_MAX_LEVELS):
        type_ = rf"(?:{leaf}|(?:list\[|dict\[str, ){type_}\])(?: \| None)?"
    same = (_either(names) for names in kinds.values())
    twins = "|".join(rf"\b{one} \| (?:[a-z]+ \| )*{one}\b" for one in same)
    return {"union": union, "type": type_, "twins": twins, "types": _words(types, "or")}


def _for_results(node: Any) -> Any:
    """Return what is said of arguments, as it is for results."""
    if isinstance(node, list):
        return [_for_results(one) for one in node if not _is_of_arguments(one)]
    if not isinstance(node, dict):
        return node
    return {
        key: _FOR_RESULTS.get(one, one) if key == "$ref" else _for_results(one)
        for key, one in node.items()
        if not _is_of_arguments(one)
    }


def _is_of_arguments(node: Any) -> bool:
    return isinstance(node, dict) and node.get("arguments_only") is True


def _typed(pattern: str) -> Node:
    of = {"type": {"type": "string", "pattern": pattern}}
    return {"required": ["type"], "properties": of}


def _question(asked: Node) -> Node:
    """Return what copier.yml says of a question."""
    known: Node = {"description": asked["help"]}
    if "{" not in str(asked.get("default", "{")):
        known["default"] = asked["default"]
    if choices := asked.get("choices"):
        known["enum"] = [*choices.values()] if isinstance(choices, dict) else choices
    elif asked["type"] == "bool":
        known["type"] = "boolean"
    return known


def _choices(node: Node) -> list[str]:
    return [node["const"]] if "const" in node else node.get("enum", [])


# Texts ----------------------------------------------------------------------------------------


def _either(words: Iterable[str]) -> str:
    """Return a pattern for one of these words."""
    first, *others = words
    return f"(?:{'|'.join([first, *others])})" if others else first


def _words(words: Iterable[str], last: str = "and") -> str:
    """Return words as a list in Markdown."""
    *others, end = (f"`{word}`" for word in words)
    return f"{', '.join(others)} {last} {end}" if others else end


def _with_rows(page: str, heading: str, header: str, rows: Rows) -> str:
    """Replace the rows of the first table with this header below a heading."""
    start = page.index(f"\n{header}", page.index(f"\n{heading}\n")) + 1
    end = page.index("\n\n", start)
    lines = page[start:end].splitlines()[:2]
    for key, *cells in rows:
        texts = [f"`{key}`", *(cell.replace("|", "\\|") for cell in cells)]
        lines.append(f"| {' | '.join(texts)} |")
    return page[:start] + "\n".join(lines) + page[end:]


def _jinja(value: Any) -> str:
    """Return a value in Jinja: a list as a tuple, a mapping with a line for each key."""
    if isinstance(value, dict):
        lines = (f"  {_jinja(key)}: {_jinja(one)},\n" for key, one in value.items())
        return f"{{\n{''.join(lines)}}}"
    if isinstance(value, list):
        return f"({', '.join(map(_jinja, value))}{',' if len(value) == 1 else ''})"
    return json.dumps(value)


def _json(value: Any, indent: int = 0, before: int = 0) -> str:
    """Return a value as JSON, in one line where it fits."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + before + len(line) < 100 or not isinstance(value, dict | list):
        return line
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        parts = []
        for key, one in value.items():
            name = f"{json.dumps(key)}: "
            parts.append(f"{inner}{name}{_json(one, indent + 2, len(name))}")
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    if all(isinstance(one, str) and " " not in one for one in value):
        text = textwrap.fill(
            line[1:-1], 100, initial_indent=inner, subsequent_indent=inner,
            break_on_hyphens=False, break_long_words=False,
        )  # fmt: skip
    else:
        text = ",\n".join(f"{inner}{_json(one, indent + 2)}" for one in value)
    return f"[\n{text}\n{' ' * indent}]"


def main() -> None:
    """Write what has changed."""
    for path, text in Language(ROOT).texts():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"{path.relative_to(ROOT)} is written")


if __name__ == "__main__":
    main()
