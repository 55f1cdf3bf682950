"""Makes right what was reported, so that the validators go on to the next mistake.

A part is taken out, or, where something has to be there, something else stands in for it. What a
validator says only because of that is a consequence, and is not reported.
"""

import ast
import re
from collections.abc import Callable, Hashable
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from copier_mcp.check.places import Place
from copier_mcp.check.tree import Part, Value, invented, is_changed, type_names, walk

MISSING = re.compile(
    r"(?:has (?:[\w ]+ and )?no (?=\w+; write )|never ends, .*; write (?=required:))(\w+)"
)
INSTEAD = {
    "type": {"type", "enum", "fields", "one_of"},
    "fields": {"enum", "fields", "one_of"},
    "example": {"example", "default"},
}
"""Keys that do without another: whoever was told to write one of them has no need of it."""
BESIDE_PARTS = re.compile(r"(tells the objects|names the class|is for an object with fields;)")
"""What is said of keys that go with the fields of an object, or with several objects."""
OF_TYPE = ("default", "example", "unique")
"""Keys that are right or wrong for what a shared type is."""
TOO_FEW = ("is empty;", "is a mapping of less than two;")


class Mender:
    """Mends the entries of one list, or the shared types, which fields have."""

    def __init__(self, is_type: Callable[[str], bool], types: Value | None) -> None:
        self._is_type = is_type
        self._types = types
        self._count = 0

    def is_consequence(self, place: Place) -> bool:
        """Return whether it is wrong only because something was taken out."""
        if place.part.stands_in or self._is_of_changed_type(place):
            return True
        value, entry, sentence = place.part.value, place.chain[0].value, place.sentence
        if missing := MISSING.match(sentence):
            key = missing[1]
            of_invented = key == "required" and any(part.stands_in for part in value.parts)
            return of_invented or bool(value.lost & INSTEAD.get(key, {key}))
        if sentence.startswith("is in no message;"):
            messages = entry.part("messages")
            return messages is None or any(one.lost for one in walk(messages.value))
        if unknown := self._unknown_argument(place):
            arguments = entry.part("arguments")
            gone = {*entry.lost, *(arguments.value.lost if arguments else ())}
            return bool(gone & {"arguments", unknown})
        if BESIDE_PARTS.match(sentence) and len(place.chain) > 1:
            return bool(place.chain[-2].value.lost & {"fields", "one_of"})
        return sentence.startswith(TOO_FEW) and bool(value.lost)

    def _is_of_changed_type(self, place: Place) -> bool:
        """Return whether it follows from what is said of a shared type."""
        if self._types is None:
            return False
        if unknown := re.match(r"'(\w+)' is no type;", place.sentence):
            return unknown[1] in self._types.lost
        types = [
            type_.value
            for field, part in pairwise(place.chain)
            if part.key in OF_TYPE and (type_ := field.value.part("type"))
        ]
        names = {name for type_ in types for name in re.findall(r"\w+", str(type_.leaf))}
        return bool(names and names & _changed(self._types))

    def _unknown_argument(self, place: Place) -> str:
        """Return the name in a text that is no argument, or nothing; messages shorten it."""
        if " is no argument;" not in place.sentence:
            return ""
        names = re.findall(r"[{]([^{}]*)[}]", str(place.part.value.leaf))
        return next((name for name in names if place.sentence.startswith(repr(name[:40]))), "")

    def mend(self, place: Place, whole: Value) -> None:
        """Change the part so that the same is not said again; `whole` is the list."""
        part, holder = place.part, place.holder(whole)
        missing = MISSING.match(place.sentence)
        if part.stands_in and len(place.chain) > 1:
            # What stands in is not right either, so nothing is said of what it stands in.
            self._give_up(place.chain[:-1])
        elif missing and not place.is_key:
            self._add(missing[1], place)
        elif place.is_key:
            holder.take_out(part, self._advised(place))
            self._forget_values(place)
        elif unknown := self._unknown_argument(place):
            # It may name others that are no arguments.
            part.value.leaf = _without_argument(str(part.value.leaf), unknown, part.key)
            if part.key == "text":  # Some argument may be meant, which is named nowhere else.
                holder.lost.add(unknown)
        elif len(place.chain) == 1 or _is_type(place.chain):
            self._give_up(place.chain)
        elif part.key == "type" and self._may_stand_in(place):
            self._set_type(place)
        elif (stand_in := self._stand_in(part.key)) is not None and self._may_stand_in(place):
            self._replace(part, stand_in, place)
        else:
            holder.take_out(part)
            # One of two has to go, and which one is not for us to say.
            beside = re.match(r"stands beside (\w+);", place.sentence)
            if beside and (other := holder.part(beside[1])):
                holder.take_out(other)
            self._forget_values(place)

    def _advised(self, place: Place) -> str:
        """Return the keys to write instead of one that is none: of all there are one alike."""
        said, _, advice = place.sentence.partition(";")
        if " is no key" not in said:
            return ""
        words = re.findall(r"\w+", advice)
        if " one of " in advice:
            words = get_close_matches(str(place.part.key), words, 1, 0.5)
        return " ".join(words)

    def _may_stand_in(self, place: Place) -> bool:
        """Return whether the last part is one of an entry or a field, not an argument."""
        keys = [part.key for part in place.chain[1:-1]]
        return not keys or keys[-1] not in ("arguments", "result", "fields", "one_of")

    def _stand_in(self, key: object) -> Any:
        """Return something new that is right for this key, whatever else is there."""
        self._count += 1
        stand_ins = {
            "name": f"q{self._count}",
            "description": f"Instead of the description {self._count}.",
            "uri": f"instead:{self._count}",
            "model": f"Q{self._count}",
            "type": "str",
        }
        return stand_ins.get(str(key))

    def _replace(self, part: Part, stand_in: Any, place: Place) -> None:
        part.value = invented(stand_in, part.value.mark)
        part.stands_in = True
        if part.key == "name" and len(place.chain) == 2:
            self._label(place)

    def _label(self, place: Place) -> None:
        """Let later messages name the entry as the render does that says this one."""
        entry = place.chain[0]
        entry.label = entry.label or self._beginning(place, entry)

    def _beginning(self, place: Place, entry: Part) -> str:
        if found := re.match(r"(\w+)\[\d+\](?: \S+)?: ", place.message):
            return found[0]
        question, _, sentence = place.message.partition(": ")
        name = sentence.removeprefix("two are called ").partition(";")[0]
        return f"{question}[{entry.key}] {name}: "

    def _add(self, key: str, place: Place) -> None:
        part = place.part
        stand_in = False if key == "required" else self._stand_in(key)
        if stand_in is None:
            self._give_up(place.chain)
            return
        if key == "name":
            self._label(place)
        elif key == "type":
            # Its limits and values are right or wrong for a type that nobody knows.
            self._leave(part.value, ("description",))
        part.value.parts.append(Part(key, part.mark, invented(stand_in, part.mark), True))

    def _set_type(self, place: Place) -> None:
        """Do what the message advises, or leave nothing that a type could be wrong for."""
        field, part = place.chain[-2].value, place.part
        found = re.match(r"(.+) is no type; write (.+)\.$", place.sentence)
        type_ = ""
        if found and isinstance(part.value.leaf, str) and found[1].startswith(("'", '"')):
            wrong = ast.literal_eval(found[1].rstrip("…"))
            type_ = part.value.leaf.replace(wrong, found[2], 1)
        if not type_ or not self._is_type(type_):
            type_ = "str"
            self._leave(field, ("type", "description"))
        part.value = invented(type_, part.value.mark)
        part.stands_in = True

    def _leave(self, value: Value, keys: tuple[str, ...]) -> None:
        for part in [part for part in value.parts if part.key not in keys]:
            value.take_out(part)

    def _forget_values(self, place: Place) -> None:
        """Take out values, which are judged by a type, choices and fields that are gone."""
        for holder, part in zip(place.chain, place.chain[1:], strict=False):
            if part.key in INSTEAD["type"]:
                for key in ("default", "example"):
                    if value := holder.value.part(key):
                        holder.value.take_out(value)

    def _give_up(self, chain: list[Part]) -> None:
        """Take out an argument or a part of a result; entries and types keep their places."""
        part = chain[-1]
        if len(chain) > 1 and not _is_type(chain):
            chain[-2].value.take_out(part)
            return
        stand_in: Any = {key: self._stand_in(key) for key in ("name", "description")}
        if _is_type(chain):  # Fields use it, and their values may be any object.
            stand_in = {"fields": {"q": {"type": "any", "required": False}}, "additional": True}
        part.value = invented(stand_in, part.mark)
        part.stands_in = True


def _changed(types: Value) -> set[Hashable]:
    """Return the types in which something is not what the file says, and those that have them."""
    changed = {part.key for part in types.parts if is_changed(part)}
    while users := {
        part.key
        for part in types.parts
        if part.key not in changed and type_names(part.value) & changed
    }:
        changed |= users
    return changed


def _is_type(chain: list[Part]) -> bool:
    return len(chain) == 2 and chain[0].key == "types"


def _without_argument(text: str, name: str, key: Hashable) -> str:
    """Return a text that does not name an argument any more; those of messages have two braces."""
    if key != "text":
        return text.replace(f"{{{name}}}", name)
    braces = r"[{]{2}|[}]{2}|[{]([^{}]*)[}]"
    return re.sub(braces, lambda found: "x" if found[1] == name else found[0], text)
