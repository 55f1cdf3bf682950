"""Finds in the tree what the message of a validator is about.

A message begins with its place, as in `tools[0] search_notes: arguments.limit: 'integer' is no
type`: keys, then a colon, then more keys or the sentence. Here the keys are followed as far as the
data has them, so that no list of what may be declared is needed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from copier_mcp.check.tree import Part, Value

VALUES = ("default", "example")
"""What a field has values in, whose keys are not those of the language."""
TWICE = "two are called "


@dataclass(slots=True)
class Place:
    """What a message is about, and the message with the places that the file has."""

    message: str
    sentence: str
    """The message without its place."""
    chain: list[Part] = field(default_factory=list)
    """From the entry of the list to the part that is mistaken."""
    is_key: bool = False
    """Whether the key of the last part is the mistake, and not its value."""

    @property
    def part(self) -> Part:
        return self.chain[-1]

    def holder(self, default: Value) -> Value:
        """Return what the part is in; an entry is in a list."""
        return self.chain[-2].value if len(self.chain) > 1 else default


class Finder:
    """Finds places; `show` writes a value as messages do."""

    def __init__(self, show: Callable[[object], str]) -> None:
        self._show = show

    def find(self, message: str, question: str, entries: Sequence[Part]) -> Place | None:
        """Return the place in a list of entries, or nothing if the message is about none."""
        if message.startswith(f"{question}: {TWICE}"):
            return self._second(message, question, entries)
        found = re.match(rf"{question}\[(\d+)\](?: \S+)?: ", message)
        if not found or int(found[1]) >= len(entries):
            return None
        entry = entries[int(found[1])]
        said = found[0].replace(f"[{found[1]}]", f"[{entry.key}]", 1)
        place = Place(entry.label or said, "", [entry])
        self._follow(place, message[found.end() :])
        self._narrow(place)
        return place

    def find_in_mapping(self, message: str, question: str, whole: Part) -> Place:
        """Return the place in a mapping, whose names are keys as in `types.Category: …`."""
        beginning = message[: len(question) + 1] + " " * (message[len(question)] == ":")
        place = Place(beginning, "", [whole])
        self._follow(place, message[len(beginning) :])
        self._narrow(place)
        return place

    def _second(self, message: str, question: str, entries: Sequence[Part]) -> Place | None:
        sentence = message.removeprefix(f"{question}: ")
        name = sentence.removeprefix(TWICE).partition(";")[0]
        named = [entry for entry in entries if (part := entry.value.part("name"))
                 and part.value.leaf == name]  # fmt: skip
        if len(named) < 2:
            return None
        part = named[1].value.part("name")
        assert part is not None
        return Place(message, sentence, [named[1], part])

    def _follow(self, place: Place, rest: str) -> None:
        """Go along the keys at the beginning of a message."""
        in_value, after_colon = False, True
        while (found := self._step(place, rest, after_colon, in_value)) is not None:
            steps, said, length = found
            if after_colon and len(place.chain) > 1 and steps[-1].key in VALUES:
                in_value = True
            place.chain += steps
            place.message += said
            rest = rest[length:]
            after_colon = rest.startswith(": ")
            if after_colon:
                place.message += ": "
                rest = rest[2:]
        place.sentence = rest
        place.message += rest

    def _step(
        self, place: Place, rest: str, after_colon: bool, in_value: bool
    ) -> tuple[list[Part], str, int] | None:
        """Return the next parts, how a message with the file's indices names them, its length."""
        value = place.part.value
        if rest.startswith("[") and not after_colon:
            for index, part in enumerate(value.parts):
                is_item = value.kind == "list"
                name = f"[{index if is_item else self._show(part.key)}]"
                if rest.startswith(name):
                    return [part], f"[{part.key}]" if is_item else name, len(name)
            return None
        dot = "" if after_colon else "."
        if not rest.startswith(dot):
            return None
        inner = value.part("fields") if dot and not in_value else None
        for steps, parts in (
            ([inner] if inner else [], inner.value.parts if inner else []),
            ([], value.parts if value.kind == "mapping" else []),
        ):
            for part in sorted(parts, key=lambda part: -len(str(part.key))):
                name = f"{dot}{part.key}"
                if isinstance(part.key, str) and re.match(rf"{re.escape(name)}(: |[.\[])", rest):
                    return [*steps, part], name, len(name)
        return None

    def _narrow(self, place: Place) -> None:
        """Go on to the key or the item that the sentence begins with."""
        value, sentence = place.part.value, place.sentence
        if value.kind == "list":
            items = [part for part in value.parts if self._names_item(part, sentence)]
            if items:
                # Of two that are equal one may be written in another way, as 1 and 1.0.
                place.chain.append(items[-1 if " is there twice;" in sentence else 0])
        elif value.kind == "mapping":
            if re.match(r".* is no type;", sentence) and (part := value.part("type")):
                place.chain.append(part)
                return
            inner = value.part("fields")
            for steps, parts in (
                ([], value.parts),
                ([inner], inner.value.parts if inner else []),
            ):
                if key := next((part for part in parts if self._names_key(part, sentence)), None):
                    place.chain += [*filter(None, steps), key]
                    place.is_key = True
                    return

    def _names_item(self, part: Part, sentence: str) -> bool:
        shown = self._show(part.value.plain())
        return sentence.startswith((f"{shown} is ", f"{part.value.leaf} is there twice;"))

    def _names_key(self, part: Part, sentence: str) -> bool:
        shown, key = self._show(part.key), str(part.key)
        return sentence.startswith(
            (
                f"{shown} is no key",
                f"{shown} is no name;",
                f"{shown} is no name of a class;",
                f"the key {shown} ",
                f"{key} is a word of Python;",
                f"{key} is taken already;",
            )
        ) or bool(
            re.match(rf"(?:.* and )?{re.escape(shown)} (?:has \d+|would both be) ", sentence)
            or re.match(rf"names that begin .*\bthe_{re.escape(key)}\.$", sentence)
        )
