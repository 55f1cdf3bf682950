"""Asks the check of answers files about an import, and falls back where something is refused."""

import re
from collections.abc import Sequence
from typing import Any

from copier._main import Worker

from copier_mcp.check.answers import Progress, check_answers
from copier_mcp.check.reading import read
from copier_mcp.importing.declaring import Entry, shown
from copier_mcp.importing.failures import UnreadableError
from copier_mcp.importing.fields import (
    SharedTypes,
    rename_type,
    used_types,
    without_examples,
)
from copier_mcp.importing.writing import comment, commented_out, dumped, entry_text

KINDS = ("tools", "resources", "prompts")
OPTIONAL = ("title", "description", "mime_type", "hints", "icons")
"""Keys that can be left out for themselves."""
FROM_NAME = ("distribution_name", "package_name")
MAX_ROUNDS = 50
MAX_ENTRY = 500_000
"""Characters of one entry: a file has room for several, and more than one tool's are a mistake."""
TAKEN = re.compile(r"(?:^types:|: would be a second class) (\w+)(?: is taken already)?;")
"""Says that a type is called like a class."""


class Draft:
    """An answers file in the making."""

    def __init__(
        self, project: dict[str, Any], entries: Sequence[Entry], types: SharedTypes
    ) -> None:
        self.project = project
        self.entries = entries
        self.types = types
        self.lost: list[str] = []
        self._texts: dict[str, str] = {}
        for entry in entries:
            length = len(repr(entry.declared))
            if length > MAX_ENTRY:
                entry.declared = {"name": shown(entry.declared["name"])}
                entry.refuse(f"has {length:,} characters of at most {MAX_ENTRY:,}; shorten it.")

    def text(self) -> str:
        """Return the file; what is refused stands in it as a comment."""
        lines = [dumped(self.project)]
        if "project_name" not in self.project:
            lines.insert(0, comment("The server has no name for a project; write project_name."))
        if not self.project and not self.entries:
            lines.append("tools: []\n")
        kept = [entry.declared for entry in self.entries if not entry.refused]
        if used := used_types(kept, self.types):
            lines.append(dumped({"types": dict(sorted(used.items()))}))
        for kind in KINDS:
            entries = [entry for entry in self.entries if entry.kind == kind]
            if not entries:
                continue
            empty = all(entry.refused for entry in entries)
            lines.append(f"{kind}: []\n" if empty else f"{kind}:\n")
            for entry in entries:
                text = self._entry_text(entry)
                lines.append(commented_out(text) if entry.refused else text)
        return "".join(lines)

    def _entry_text(self, entry: Entry) -> str:
        # What most of the time would be written again and again.
        key = repr((entry.declared, entry.notes))
        if key not in self._texts:
            self._texts[key] = entry_text(entry.declared, entry.notes)
        return self._texts[key]

    def settle(self, worker: Worker, progress: Progress) -> None:
        """Change what the check refuses until it refuses nothing.

        Raises:
            UnreadableError: It refuses all of it, or the URL of the API.
        """
        for _ in range(MAX_ROUNDS):
            root, findings = read(self.text().encode())
            if root is not None:
                findings = [*findings, *check_answers(worker, root, progress)]
            mistakes = [found.message for found in findings if found.severity == "error"]
            if not mistakes:
                return
            kept = [entry for entry in self.entries if not entry.refused]
            # What uses a type that is refused may be refused for that alone.
            first = [message for message in mistakes if message.startswith("types")] or mistakes
            changed = [self._give_way(message, kept) for message in first]
            if not any(changed):
                break
        raise UnreadableError(f"no answers file can say what the server offers: {mistakes[0]}")

    def _give_way(self, message: str, kept: list[Entry]) -> bool:
        """Change what a message is about; return whether there was something to change."""
        if key := next((key for key in self.project if message.startswith(key)), None):
            holder = self._holder_in_api(message) if key == "api" else self.project
            part = next(name for name in ("scopes", "auth", key) if name in holder)
            self.lost.append(f"{key}: {shown(holder.pop(part))}; {message}")
            return True
        if (taken := TAKEN.search(message)) and taken[1] in self.types:
            self._rename(taken[1], kept)
            return True
        if found := re.match(r"types(?:\.(\w+)|: '?(\w+))", message):
            return self._do_without(str(found[1] or found[2]), message, kept)
        entry = _entry(message, kept)
        if entry is None:
            # What follows from the name of the project is wrong.
            if "project_name" not in self.project or not message.startswith(FROM_NAME):
                return False
            self.lost.append(f"project_name: {self.project.pop('project_name')}; {message}")
            return True
        if not entry.refused:
            sentence = message.removeprefix(f"{entry.kind}: ")
            sentence = re.sub(
                rf"^{entry.kind}\[\d+\](?: {re.escape(_name(entry))})?: ", "", sentence
            )
            _fall_back(entry, sentence)
        return True

    def _holder_in_api(self, message: str) -> dict[str, Any]:
        """Return what holds the part that is wrong. Tools need no credentials to be declared.

        Raises:
            UnreadableError: The URL is wrong, which every tool needs.
        """
        if message.startswith("api.url: "):
            raise UnreadableError(
                f"{message.removeprefix('api.url: ').partition(';')[0]} for api; write one with "
                "--url, as in --url https://api.example.com."
            )
        api: dict[str, Any] = self.project["api"]
        if message.startswith("api.auth.scopes"):
            found: dict[str, Any] = api["auth"]
            return found
        return api if message.startswith("api.auth") else self.project

    def _rename(self, old: str, kept: list[Entry]) -> None:
        """Give a type a name that no class has."""
        new = f"{old}Type"
        while new in self.types:
            new += "Type"
        self.types[new] = self.types.pop(old)
        for fields in (self.types, *(e.declared.get(part, {}) for e in kept for part in e.schemas)):
            rename_type(fields, old, new)

    def _do_without(self, name: str, message: str, kept: list[Entry]) -> bool:
        """Use the schemas of what has a type that is refused."""
        changed = False
        for entry in kept:
            for part, schema in entry.schemas.items():
                declared = entry.declared.get(part)
                if schema and declared and name in used_types(declared, self.types):
                    entry.use_schema(part, f"The check refuses fields: {message}")
                    changed = True
        return changed


def _entry(message: str, kept: list[Entry]) -> Entry | None:
    """Return the entry that a message names by its place in the file, or by its name."""
    if found := re.match(r"(\w+): two are called (.*); give one", message):
        named = [entry for entry in kept if (entry.kind, _name(entry)) == found.groups()]
        return named[-1] if named else None
    if found := re.match(r"(\w+)\[(\d+)\]", message):
        listed = [entry for entry in kept if entry.kind == found[1]]
        return listed[int(found[2])]
    return None


def _name(entry: Entry) -> str:
    return str(entry.declared["name"])


def _fall_back(entry: Entry, sentence: str) -> None:
    """Say the same in another way, or less, or nothing."""
    key = re.split(r"[^a-z_]", sentence, maxsplit=1)[0]
    if key in entry.schemas and key in entry.declared:
        fields = entry.declared[key]
        if fields != (without := without_examples(fields)):
            entry.declared[key] = without
            entry.lost.append(f"{key}: the examples; {sentence}")
        else:
            # What fields leave out, the schema has.
            fields_lose = (f"{key}: description: ", f"{key}: the examples", f"{key}.")
            entry.lost = [said for said in entry.lost if not said.startswith(fields_lose)]
            entry.use_schema(key, f"The check refuses fields: {sentence}")
    elif key in OPTIONAL and key in entry.declared:
        entry.lost.append(f"{key}: {shown(entry.declared.pop(key))}; {sentence}")
    else:
        entry.refuse(sentence)
