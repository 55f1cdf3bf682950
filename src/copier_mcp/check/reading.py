"""Reads YAML as Copier does, but says of everything where it stands and what is swallowed."""

from typing import TYPE_CHECKING, Any

import yaml

from copier_mcp.check.findings import Finding, Mark
from copier_mcp.check.tree import Part, Value

if TYPE_CHECKING:
    from collections.abc import Hashable

MAX_BYTES = 2 * 2**20
"""Servers with hundreds of tools have a tenth of it."""
MAX_DEPTH = 64
MAX_VALUES = 250_000
"""Also of what aliases repeat: a few lines of them can stand for billions."""

ADVICE = {
    "'\\t'": "indent with spaces, not with tabs",
    "mapping values are not allowed": "put a text with a colon in quotes",
    "expected <block end>": "begin what belongs together in the same column",
    "but got '?'": "put a text with ? in quotes",
    "but got '['": "put a comma before it, or a text with [ in quotes",
    "but got '{'": "put a comma before it, or a text with { in quotes",
    "expected ',' or": "put commas between the parts, and close the bracket",
    "cannot start any token": "put a text that begins with it in quotes",
    "could not find expected ':'": "write a colon and a space after the key",
    "found another document": "write all answers into one, without --- between them",
    "undefined alias": "put a text that begins with * in quotes",
    "while scanning an alias": "put a text that begins with * in quotes",
}


def read(content: bytes) -> tuple[Value | None, list[Finding]]:
    """Return the answers, or nothing if they cannot be read, and what is wrong with the YAML."""
    try:
        reader = _Loader(_decoded(content))
        node = reader.get_single_node()
        reader.weigh(node)
    except yaml.MarkedYAMLError as error:
        return None, [_syntax_error(error)]
    except _Unreadable as error:
        return None, [error.finding]
    if node is None:
        return None, [_error(Mark(1, 1), "is empty; write answers, as in project_name: Notes.")]
    root = reader.build(node)
    if root is not None and root.kind != "mapping":
        message = "is no mapping; write answers, as in project_name: Notes."
        return None, [*reader.findings, _error(_mark(node), message)]
    return root, reader.findings


class _Unreadable(Exception):  # noqa: N818 -- It is a finding.
    """The file is no text."""

    def __init__(self, before: str, message: str) -> None:
        super().__init__(message)
        lines = before.split("\n")
        self.finding = _error(Mark(len(lines), len(lines[-1]) + 1), message)


def _decoded(content: bytes) -> str:
    """Return the text.

    Raises:
        _Unreadable: It is too long, not in UTF-8, or has characters that YAML does not allow.
    """
    if len(content) > MAX_BYTES:
        raise _Unreadable("", "has more than 2 MiB; leave out what is no answer.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        raise _Unreadable(before, "is no UTF-8; save the file in that encoding.") from error
    if found := yaml.reader.Reader.NON_PRINTABLE.search(text):
        message = f"is no YAML: has the character U+{ord(found[0]):04X}; leave it out."
        raise _Unreadable(text[: found.start()], message)
    return text


def _syntax_error(error: yaml.MarkedYAMLError) -> Finding:
    problem = str(error.problem).removeprefix("but ")
    said = f"{error.context} {problem}"
    advice = next((right for sign, right in ADVICE.items() if sign in said), "correct it")
    mark = error.problem_mark or error.context_mark
    place = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
    return _error(place, f"is no YAML: {problem}; {advice}.")


class _Loader(yaml.SafeLoader):
    """Copier's loader, with a limit of depth, and a method that keeps the places."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.findings: list[Finding] = []
        self._depth = 0
        self._seen: set[int] = set()

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self._depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(
                problem=f"more than {MAX_DEPTH} levels, one in the other",
                problem_mark=self.peek_event().start_mark,  # type: ignore[no-untyped-call]
            )
        self._depth += 1
        try:
            node: yaml.Node | None = super().compose_node(parent, index)
        finally:
            self._depth -= 1
        return node

    def weigh(self, root: yaml.Node | None) -> None:
        """Refuse what would not end, before anything is made of it.

        Raises:
            yaml.MarkedYAMLError: There are too many values, or one is inside itself.
        """
        weights: dict[int, int] = {}
        open_nodes: set[int] = set()

        def weight(node: yaml.Node) -> int:
            if id(node) in open_nodes:
                raise yaml.MarkedYAMLError(
                    problem="this contains itself", problem_mark=node.start_mark
                )
            if id(node) not in weights:
                open_nodes.add(id(node))
                inner = 0
                if isinstance(node, yaml.SequenceNode):
                    inner = sum(weight(item) for item in node.value)
                elif isinstance(node, yaml.MappingNode):
                    inner = sum(weight(key) + weight(value) for key, value in node.value)
                weights[id(node)] = 1 + inner
                open_nodes.remove(id(node))
            return weights[id(node)]

        if root is not None and weight(root) > MAX_VALUES:
            raise yaml.MarkedYAMLError(
                problem=f"more than {MAX_VALUES:,} values, with what aliases repeat",
                problem_mark=root.start_mark,
            )

    def build(self, node: yaml.Node) -> Value | None:
        """Return a value, without the parts that cannot be read."""
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            value = Value("list", _mark(node))
            for index, item in enumerate(node.value):
                if (built := self.build(item)) is not None:
                    value.parts.append(Part(index, built.mark, built))
                else:
                    value.lost.add(str(index))
            return value
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._build_mapping(node)
        made, leaf = self._construct(node)
        return Value("leaf", _mark(node), leaf) if made else None

    def _build_mapping(self, node: yaml.MappingNode) -> Value:
        value = Value("mapping", _mark(node))
        self._find_duplicates(node)
        try:
            self.flatten_mapping(node)
        except yaml.MarkedYAMLError as error:
            self.findings.append(_syntax_error(error))
            node.value = [pair for pair in node.value if pair[0].tag != "tag:yaml.org,2002:merge"]
        parts: dict[Hashable, Part] = {}
        for key_node, value_node in node.value:
            made, key = self._construct(key_node)
            if not made:
                continue
            if not _is_hashable(key):
                message = "a list or a mapping is no key; write a text."
                self.findings.append(_error(_mark(key_node), message))
                continue
            built = self.build(value_node)
            if built is None:
                value.lost.add(str(key))
            elif key in parts:  # As in a dictionary: the first place, the last value.
                parts[key].mark, parts[key].value = _mark(key_node), built
            else:
                parts[key] = Part(key, _mark(key_node), built)
        value.parts = list(parts.values())
        return value

    def _find_duplicates(self, node: yaml.MappingNode) -> None:
        if id(node) in self._seen:  # By an alias; what it merges is in it by now.
            return
        self._seen.add(id(node))
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                name = (key.tag, key.value)
                if name in lines:
                    message = (
                        f"the key {key.value!r} is there twice, first in line {lines[name]}, "
                        "and only the last one counts; leave one out."
                    )
                    self.findings.append(_error(_mark(key), message))
                lines.setdefault(name, _mark(key).line)

    def _construct(self, node: yaml.Node) -> tuple[bool, Any]:
        """Return whether a value can be made of it, and the value."""
        try:
            return True, self.construct_object(node, deep=True)
        except yaml.MarkedYAMLError as error:
            self.findings.append(_syntax_error(error))
        # Numbers with thousands of digits, days that no calendar has, tags that do not fit.
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            kind = node.tag.removeprefix("tag:yaml.org,2002:")
            reason = f" ({error})" if kind == "timestamp" and str(error) else ""
            message = f"cannot be read as {kind}{reason}; put a text in quotes."
            self.findings.append(_error(_mark(node), message))
        return False, None


def _is_hashable(key: object) -> bool:
    try:
        hash(key)
    except TypeError:
        return False
    return True


def _mark(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _error(mark: Mark, message: str) -> Finding:
    return Finding(mark, "error", message)
