"""Finds where a project uses the SDK or FastMCP, and what became of each name that it uses."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from mcp import types
from pydantic import BaseModel

from copier_mcp.migrating import names
from copier_mcp.migrating.names import Change
from copier_mcp.migrating.sources import FUNCTIONS, Source, dotted

ROOTS = ("mcp", "fastmcp")
MAX_PARTS = 12
"""So much of a name is looked at; no name of the SDK is as long."""
SERVERS = {"mcp.server.fastmcp.FastMCP", "mcp.server.Server", "fastmcp.FastMCP"}
CONTEXTS = {"mcp.server.fastmcp.Context", "fastmcp.Context"}
FACTORIES = {"fastmcp.server.dependencies.get_context"}

type Use = tuple[str, Change, ast.AST]
type Uses = dict[str, tuple[Change, list[str]]]
"""What became of a name, and the places where it stands."""


def imports_sdk(source: Source) -> bool:
    return any(_root(name) in ROOTS for name in source.imports.values())


def uses(sources: Sequence[Source]) -> Uses:
    """Return all names of the SDK that a project uses, and below each its places."""
    servers = {name for source in sources for name in _instances(source, SERVERS)}
    found: Uses = {}
    for source in sources:
        for name, change, node in _uses(source, servers):
            places = found.setdefault(name, (change, []))[1]
            if (place := source.place(node)) not in places:
                places.append(place)
    return found


def _uses(source: Source, servers: set[str]) -> Iterator[Use]:
    contexts = {*_instances(source, CONTEXTS), *_instances(source, FACTORIES)}
    fields = _fields() if imports_sdk(source) else {}
    inner = {id(node.value) for node in source.nodes if isinstance(node, ast.Attribute)}
    decorators = {
        id(call.func if isinstance(call, ast.Call) else call)
        for node in source.nodes
        if isinstance(node, FUNCTIONS)
        for call in node.decorator_list
    }
    for node in source.nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imports(node)
        elif isinstance(node, ast.Call):
            yield from _arguments(source, node, fields)
        elif isinstance(node, ast.Attribute | ast.Name):
            if id(node) not in inner and dotted(node).partition(".")[0] not in servers:
                yield from _imported(source.full_name(node), node)
            if isinstance(node, ast.Attribute):
                base = dotted(node.value).rpartition(".")[2]
                owner = (base in servers, base in contexts)
                yield from _attributes(node, owner, decorates=id(node) in decorators)
                if node.attr in fields:
                    yield f".{node.attr}", _renamed(fields[node.attr]), node


def _attributes(node: ast.Attribute, owner: tuple[bool, bool], *, decorates: bool) -> Iterator[Use]:
    """Look behind the dot; the owner may be a server, a context, or anything."""
    of_server, of_context = owner
    table, text = names.SESSIONS, "session.{}"
    if of_server and decorates:
        table, text = names.DECORATORS, "@server.{}()"
    elif of_server:
        table, text = names.ATTRIBUTES, "server.{}"
    elif of_context:
        table, text = names.CONTEXTS, "ctx.{}"
    if change := table.get(node.attr):
        yield text.format(node.attr), change, node


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[Use]:
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield from _imported(alias.name, node)
        elif not node.level:
            yield from _imported(f"{node.module}.{alias.name}", node)


def _imported(full_name: str, node: ast.AST) -> Iterator[Use]:
    name = ".".join(full_name.split(".", MAX_PARTS)[:MAX_PARTS])
    if _root(name) not in ROOTS or name in ROOTS or name == "mcp.types":
        return
    if changed := names.change_of(name):
        yield *changed, node
    elif (known := _longest(name)) and "." in known:
        yield known, Change(names.SAME, ""), node
    else:
        yield name, Change(names.GONE, "see the migration guide of the SDK"), node


def _arguments(source: Source, node: ast.Call, fields: Mapping[str, str]) -> Iterator[Use]:
    called = _known(source.full_name(node.func))
    for keyword in node.keywords:
        if called in SERVERS and (change := names.ARGUMENTS.get(keyword.arg or "")):
            yield f"{called.rpartition('.')[2]}({keyword.arg}=…)", change, keyword.value
        elif keyword.arg and keyword.arg in fields:
            yield f"{keyword.arg}=", _renamed(fields[keyword.arg]), keyword.value


def _instances(source: Source, classes: set[str]) -> Iterator[str]:
    """Yield what is called like an instance of some classes: variables and parameters."""
    for node in source.nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            if _known(source.full_name(_generic(node.value.func))) in classes:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    yield dotted(target).rpartition(".")[2]
        elif isinstance(node, ast.arg) and node.annotation:
            parts = ast.walk(node.annotation)
            if classes & {_known(source.full_name(part)) for part in parts}:
                yield node.arg


def _generic(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _known(name: str) -> str:
    return names.ALIASES.get(name, name)


def _root(name: str) -> str:
    return name.partition(".")[0]


def _renamed(name: str) -> Change:
    return Change(f"`{name}`; `model_dump(by_alias=True)` writes it as before", f"`{name}`")


@cache
def _fields() -> dict[str, str]:
    """Return the fields of 1.x that were written in camel case, and what they are called now."""
    return {
        field.alias: name
        for one in vars(types).values()
        if isinstance(one, type) and issubclass(one, BaseModel)
        for name, field in one.model_fields.items()
        if field.alias and field.alias != name and not field.alias.startswith("_")
    }


def _longest(name: str) -> str:
    """Return a name without what stands behind a class or function of the installed SDK."""
    if exists(name):
        return name
    *parents, _ = name.split(".")
    owner = _longest(".".join(parents)) if parents else ""
    return "" if not owner or inspect.ismodule(pkgutil.resolve_name(owner)) else owner


@cache
def exists(name: str) -> bool:
    """Return whether a module of the installed SDK has a name, or is called like that."""
    parts = name.split(".")
    if parts[0] != "mcp" or any(part.startswith("_") for part in parts) or "cli" in parts:
        return False
    found = importlib.import_module("mcp")
    for count, part in enumerate(parts[1:], 2):
        if not hasattr(found, part):
            try:
                importlib.import_module(".".join(parts[:count]))
            except ImportError:
                return False
        found = getattr(found, part)
    return True
