"""Values of a YAML file that know where they stand, and whose parts can be taken out."""

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from copier_mcp.check.findings import Mark


@dataclass(slots=True, eq=False)
class Value:
    """A mapping or a list with its parts, or a leaf: all else."""

    kind: Literal["mapping", "list", "leaf"]
    mark: Mark
    leaf: Any = None
    parts: list["Part"] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    """The words that were said of parts which are gone."""

    def plain(self) -> Any:
        """Return it as Copier has it."""
        if self.kind == "mapping":
            return {part.key: part.value.plain() for part in self.parts}
        if self.kind == "list":
            return [part.value.plain() for part in self.parts]
        return self.leaf

    def part(self, key: object) -> "Part | None":
        """Return the part of a mapping with this key."""
        return next((part for part in self.parts if part.key == key), None)

    def take_out(self, part: "Part", words: str = "") -> None:
        self.parts.remove(part)
        self.lost |= {str(part.key), *words.split()}


@dataclass(slots=True, eq=False)
class Part:
    """A key of a mapping, or an item of a list, with its value."""

    key: Hashable
    """The key, or the index that the item has in the file."""
    mark: Mark
    """Where the key or the item begins."""
    value: Value
    stands_in: bool = False
    """Whether it is in place of something mistaken or missing."""
    label: str | None = None
    """What a message puts before its place in an entry, once the name is not the file's."""

    @property
    def shown_at(self) -> Mark:
        """Return where to look: at a value that is short, or else at the key."""
        return self.value.mark if self.value.kind == "leaf" else self.mark


def walk(value: Value) -> Iterator[Value]:
    """Yield a value and all in it."""
    yield value
    for part in value.parts:
        yield from walk(part.value)


def type_names(value: Value) -> set[str]:
    """Return the words of all types in fields."""
    leaves = (part.value.leaf for one in walk(value) for part in one.parts if part.key == "type")
    return {name for leaf in leaves for name in re.findall(r"\w+", str(leaf))}


def is_changed(part: Part) -> bool:
    """Return whether something in a part is taken out, or stands in for something."""
    inside = (one.lost or any(inner.stands_in for inner in one.parts) for one in walk(part.value))
    return part.stands_in or any(inside)


def invented(plain: Any, mark: Mark) -> Value:
    """Return a value that is not in the file, of texts and mappings of them."""
    if isinstance(plain, dict):
        parts = [Part(key, mark, invented(value, mark)) for key, value in plain.items()]
        return Value("mapping", mark, parts=parts)
    return Value("leaf", mark, plain)
