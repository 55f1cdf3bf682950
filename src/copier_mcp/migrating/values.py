"""Finds what is no tool, but has its place in a rendered project: settings, lifespans and state."""

import ast
import re
from collections.abc import Iterator, Sequence
from keyword import iskeyword
from typing import NamedTuple

from copier_mcp.migrating.sources import FUNCTIONS, Source, dotted

EMPTY = {"Counter", "OrderedDict", "defaultdict", "deque", "dict", "list", "set"}
OPENED = re.compile(r"(Cache|Client|Connection|Engine|Lock|Pool|Semaphore|Session)$|^connect$")
"""What is made by a call of such a name is open while the server runs."""


class Value(NamedTuple):
    """Something that lives beside the tools."""

    kind: str
    name: str
    place: str
    target: str


def values(sources: Sequence[Source], package: str) -> list[Value]:
    """Return settings, lifespans and state, in the order of the files, for a rendered package."""
    found: dict[tuple[str, str], Value] = {}
    for source in sources:
        if not source.is_test:
            for kind, name, node, target in _values(source, package):
                value = Value(kind, name, source.place(node), target)
                found.setdefault((kind, name), value)
    order = ("setting", "lifespan", "state")
    return sorted(found.values(), key=lambda value: order.index(value.kind))


def _values(source: Source, package: str) -> Iterator[tuple[str, str, ast.AST, str]]:
    lifespans = {name for node in source.nodes if (name := _lifespan(node))}
    shared = {name for node in source.nodes if isinstance(node, ast.Global) for name in node.names}
    settings = f"`Settings` in `settings.py`, read from `{package.upper()}_"
    for node in source.nodes:
        if name := _setting(source, node):
            field = _field(name, package)
            yield "setting", name, node, f"a field `{field}` of {settings}{field.upper()}`"
        elif isinstance(node, ast.ClassDef) and "BaseSettings" in map(_last, node.bases):
            yield "setting", node.name, node, f"its fields in {settings}…`"
        elif isinstance(node, FUNCTIONS) and node.name in lifespans:
            yield "lifespan", node.name, node, "`open_state` in `lifespan.py`"
        elif isinstance(node, ast.Module):
            for one in node.body:
                if (name := _state(one)) or (name := _assigned(one)) in shared:
                    yield "state", name, one, "a field of `AppState` in `lifespan.py`"


def _setting(source: Source, node: ast.AST) -> str:
    """Return the name of the environment variable or the option that an expression is about."""
    if isinstance(node, ast.Subscript) and source.full_name(node.value) == "os.environ":
        return _text(node.slice)
    if not isinstance(node, ast.Call) or not node.args:
        return ""
    if source.full_name(node.func) in ("os.getenv", "os.environ.get"):
        return _text(node.args[0])
    is_option = source.full_name(node.func) in ("click.option", "click.argument") or dotted(
        node.func
    ).endswith(".add_argument")
    names = [_text(one) for one in node.args] if is_option else []
    return next((name for name in names if name.startswith("--")), names[0] if names else "")


def _field(name: str, package: str) -> str:
    """Return the field for a setting: its variable begins with the package, and so it does not."""
    field = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    short = field.removeprefix(f"{package}_")
    return short if short.isidentifier() and not iskeyword(short) else field


def _lifespan(node: ast.AST) -> str:
    """Return the name of the function that a server gets as its lifespan."""
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg == "lifespan":
                return dotted(keyword.value)
    return ""


def _state(node: ast.stmt) -> str:
    """Return the name of a module's variable that is filled or closed later."""
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    is_empty = (isinstance(value, ast.Dict) and not value.keys) or (
        isinstance(value, ast.List | ast.Set) and not value.elts
    )
    if isinstance(value, ast.Call):
        called = _last(value.func)
        is_empty = bool(OPENED.search(called)) or (called in EMPTY and not value.args)
    name = _assigned(node)
    return name if is_empty and not name.startswith("__") else ""


def _assigned(node: ast.stmt) -> str:
    if isinstance(node, ast.AnnAssign):
        return dotted(node.target)
    return dotted(node.targets[0]) if isinstance(node, ast.Assign) else ""


def _last(node: ast.AST) -> str:
    return dotted(node).rpartition(".")[2]


def _text(node: ast.AST) -> str:
    value = node.value if isinstance(node, ast.Constant) else ""
    return value if isinstance(value, str) else ""
