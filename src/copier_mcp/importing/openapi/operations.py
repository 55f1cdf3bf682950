"""What a document describes: its operations, and which of them are chosen."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256

from copier_mcp.importing.failures import UnreadableError
from copier_mcp.importing.openapi.documents import Place
from copier_mcp.importing.openapi.losses import Losses
from copier_mcp.importing.openapi.swagger import adapted

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
"""Those that a tool can send."""
OTHER_METHODS = ("trace", "query")
MAX_NAME = 64
"""What the APIs of models allow for the name of a tool."""
MAX_OWN_NAME = 40
"""The characters of a function; what comes behind them tells no two tools apart."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path."""

    path: str
    method: str
    place: Place
    parameters: tuple[Place, ...]
    servers: Place | None
    """The list of its own servers, where it has one."""

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def id(self) -> str:
        return str(self.place.get("operationId") or "")

    @property
    def tags(self) -> list[str]:
        found = self.place.get("tags")
        return [str(tag) for tag in found] if isinstance(found, list) else []


def operations(root: Place, version: str, losses: Losses) -> list[Operation]:
    """Return all operations, in the order of the document."""
    found = []
    for path, place in root["paths"].items() if "paths" in root else ():
        item = place.followed()
        for key, part in item.items():
            if key in METHODS:
                found.append(_operation(root, version, path, key, item))
            elif key in OTHER_METHODS:
                losses.add(part, f"the method {key.upper()}")
            elif key == "additionalOperations":
                for method, one in part.items():
                    losses.add(one, f"the method {method}")
    for _, place in root["webhooks"].items() if "webhooks" in root else ():
        losses.add(place, "a webhook")
    return found


def _operation(root: Place, version: str, path: str, method: str, item: Place) -> Operation:
    place = item[method].followed()
    own = [part.followed() for part in place.parts("parameters")]
    named = {(part.get("name"), part.get("in")) for part in own}
    shared = [part.followed() for part in item.parts("parameters")]
    parameters = [part for part in shared if (part.get("name"), part.get("in")) not in named] + own
    servers = next((one["servers"] for one in (place, item) if one.get("servers")), None)
    if version == "2.0":
        place, parameters = adapted(root, place, parameters)
    return Operation(path, method, place, tuple(parameters), servers)


# Choosing ---------------------------------------------------------------------------------------


def chosen(
    found: Sequence[Operation], include: Sequence[str], exclude: Sequence[str]
) -> list[Operation]:
    """Return the operations that a pattern includes, but for those that one excludes.

    Raises:
        UnreadableError: A pattern is about none.
    """
    for pattern in (*include, *exclude):
        if not any(_matches(pattern, one) for one in found):
            raise UnreadableError(f"{pattern} matches no operation; {_some(found)}")
    return [
        one
        for one in found
        if (not include or any(_matches(pattern, one) for pattern in include))
        and not any(_matches(pattern, one) for pattern in exclude)
    ]


def _matches(pattern: str, one: Operation) -> bool:
    """Compare a path, `tag:…`, `method:…` or an operation id; `*` stands for anything."""
    if pattern.startswith("/"):
        return fnmatchcase(one.path, _literal(pattern))
    kind, colon, rest = pattern.partition(":")
    if colon and kind == "tag":
        return any(fnmatchcase(tag, _literal(rest)) for tag in one.tags)
    if colon and kind == "method":
        return fnmatchcase(one.method, _literal(rest).lower())
    return fnmatchcase(one.id, _literal(pattern))


def _literal(pattern: str) -> str:
    """Return a pattern in which brackets are nothing but brackets."""
    return pattern.replace("[", "[[]")


def _some(found: Sequence[Operation]) -> str:
    tags = sorted({tag for one in found for tag in one.tags})
    named = ", ".join(f"tag:{tag}" for tag in tags[:5])
    return f"the document has {named}." if named else "write an operation id or a path."


# Names ------------------------------------------------------------------------------------------


def names(found: Sequence[Operation], losses: Losses) -> dict[str, str]:
    """Return the name of each operation's tool, by its key.

    It depends on no order, and on no choice of operations.
    """
    wanted = {one.key: _wanted(one) for one in found}
    alike: dict[str, list[Operation]] = {}
    for one in found:
        alike.setdefault(in_python(wanted[one.key]), []).append(one)
    for same in alike.values():
        if len(same) == 1:
            continue
        for one in same:
            before = wanted[one.key]
            wanted[one.key] = _marked(before, one.key)
            losses.add(one.place, f"the name {before}, which is {wanted[one.key]} now")
    return wanted


def _wanted(one: Operation) -> str:
    text = one.id or one.key
    name = re.sub(r"_*[^A-Za-z0-9_-]+_*", "_", text.replace("{", "").replace("}", ""))
    if name != one.id:
        name = name.strip("_")  # They stand for other signs.
    if not name.strip("_"):
        return _marked(one.method, one.key)
    return name if len(name) <= MAX_NAME else _marked(name, one.key)


def _marked(name: str, key: str) -> str:
    """Return a name that no other operation has."""
    return f"{name[: MAX_OWN_NAME - 9]}_{sha256(key.encode()).hexdigest()[:8]}"


def in_python(name: str) -> str:
    """Return what the template calls a function: docs/declarations.md has the rule."""
    parts = re.sub(r"([a-z0-9])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])", r"\1\2_", name)
    found = re.sub(r"[^a-z0-9]+", "_", parts.lower()).strip("_")
    return f"{'n' if found[:1].isdigit() else ''}{found}"[:MAX_OWN_NAME].rstrip("_")
