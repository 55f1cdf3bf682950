"""Writes an answers file: YAML that Copier reads back as it was, with comments before keys."""

import textwrap
from collections.abc import Mapping
from typing import Any

import yaml

WIDTH = 100


class Dumper(yaml.SafeDumper):
    """Writes short mappings in a line, and texts of several lines as such."""

    def ignore_aliases(self, _: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


def _mapping(dumper: Dumper, value: dict[str, Any]) -> yaml.MappingNode:
    node: yaml.MappingNode = dumper.represent_mapping("tag:yaml.org,2002:map", value.items())
    node.flow_style = _fits([part for pair in node.value for part in pair])
    return node


def _list(dumper: Dumper, value: list[Any]) -> yaml.SequenceNode:
    node: yaml.SequenceNode = dumper.represent_sequence("tag:yaml.org,2002:seq", value)
    node.flow_style = _fits(node.value)
    return node


def _text(dumper: Dumper, text: str) -> yaml.ScalarNode:
    lines = text.strip("\n").split("\n")
    plain = all(line.isprintable() for line in lines)
    style = ("|" if len(lines) > 1 else None) if plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _fits(parts: list[yaml.Node]) -> bool:
    """Return whether this fits a line: leaves, lists of some, and what is empty."""
    return _is_flat(parts) and sum(map(_length, parts)) < WIDTH - 20


def _is_flat(parts: list[yaml.Node]) -> bool:
    return all(
        part.style != "|"
        if isinstance(part, yaml.ScalarNode)
        else not part.value or (isinstance(part, yaml.SequenceNode) and _is_flat(part.value))
        for part in parts
    )


def _length(node: yaml.Node) -> int:
    return 2 + (
        len(node.value) if isinstance(node, yaml.ScalarNode) else sum(map(_length, node.value))
    )


Dumper.add_representer(dict, _mapping)
Dumper.add_representer(list, _list)
Dumper.add_representer(str, _text)


def dumped(value: Mapping[str, Any]) -> str:
    """Return a mapping as YAML, its keys each in lines of its own."""
    return "".join(
        yaml.dump(
            {key: part},
            Dumper=_Block,
            sort_keys=False,
            allow_unicode=True,
            width=WIDTH - 10,
            default_flow_style=False,
        )
        for key, part in value.items()
    )


class _Block(Dumper):
    """Does not write what is outermost in a line."""

    def represent(self, data: Any) -> None:
        node = self.represent_data(data)
        assert isinstance(node, yaml.CollectionNode)
        node.flow_style = False
        self.serialize(node)


def entry_text(declared: Mapping[str, Any], notes: Mapping[str, list[str]]) -> str:
    """Return an entry of a list, with comments before some of its keys, or `""` for all of it."""
    body = "".join(
        comment(*notes.get(key, ())) + dumped({key: value}) for key, value in declared.items()
    )
    entry = f"- {textwrap.indent(body, '  ')[2:]}"
    return textwrap.indent(comment(*notes.get("", ())) + entry, "  ")


def comment(*texts: str) -> str:
    """Return comments, each of which begins in a line of its own."""
    lines = [f"# {line}\n" for text in texts for line in textwrap.wrap(_printable(text), WIDTH - 6)]
    return "".join(lines)


def commented_out(text: str) -> str:
    """Return lines of YAML as comments, with the same indentation."""
    return textwrap.indent(textwrap.dedent(text), "  # ", lambda _: True)


def _printable(text: str) -> str:
    """Return a text without what could end a comment, or what YAML has not."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
