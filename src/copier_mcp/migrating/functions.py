"""Finds the function behind a tool, a resource or a prompt, by what the code says of its name."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from copier_mcp.migrating.sources import FUNCTIONS, Function, Source, dotted

type Kind = Literal["tool", "resource", "prompt"]

WHOLE = {"tool": "call_tool", "resource": "read_resource", "prompt": "get_prompt"}
"""The decorators of 1.x for the one function that all of a kind pass."""
ADDING = ("add_tool", "add_prompt", "from_function", "tool", "prompt")
MAX_CALLS = 5
"""So many functions that a branch calls are named."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is behind a name."""

    place: str
    what: str
    blocks: bool = False
    """It is no coroutine, so what it waits for would stop the event loop."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """The code of the defaults of its parameters, but None."""


class Index:
    """All places of a project that say something of a name."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._functions: dict[str, list[tuple[Source, Function]]] = defaultdict(list)
        self._registered: dict[tuple[str, str], Found] = {}
        self._whole: dict[str, Found] = {}
        self._dispatched: dict[str, Found] = {}
        self._branches: dict[str, tuple[Source, ast.AST, Sequence[ast.AST]]] = {}
        self._named: dict[str, Found] = {}
        own = [source for source in sources if not source.is_test]
        self._constants = {name: text for source in own for name, text in _constants(source.nodes)}
        for source in own:
            for node in source.nodes:
                if isinstance(node, FUNCTIONS):
                    self._functions[node.name].append((source, node))
        for source in own:
            for node in source.nodes:
                self._add(source, node)

    def find(self, kind: Kind, name: str, uri: str = "") -> Found | None:
        """Return what is behind a tool, a resource or a prompt."""
        for look in (
            lambda key: self._registered.get((kind, key)),
            self._dispatched.get,
            self._branch,
            self._only_function,
            lambda key: self._mounted(kind, key),
            lambda _: self._whole.get(kind),
            self._named.get,
        ):
            for key in filter(None, (uri, name)):
                if found := look(key):
                    return found
        return None

    def _only_function(self, name: str) -> Found | None:
        functions = self._functions.get(name, [])
        return _described(*functions[0]) if len(functions) == 1 else None

    def _mounted(self, kind: Kind, name: str) -> Found | None:
        """Look without the prefix that a server puts in front of the names of another one."""
        keys = [key for of, key in self._registered if of == kind and name.endswith(f"_{key}")]
        return self._registered[kind, max(keys, key=len)] if keys else None

    def _branch(self, name: str) -> Found | None:
        if name not in self._branches:
            return None
        source, node, body = self._branches[name]
        called = [
            f"`{function[1].name}` at `{function[0].place(function[1])}`"
            for statement in body
            for part in ast.walk(statement)
            if isinstance(part, ast.Call) and (function := self._function(part.func))
        ]
        calls = [*dict.fromkeys(called)][:MAX_CALLS]
        what = f"its branch, which calls {', '.join(calls)}" if calls else "its branch"
        return Found(source.place(node), what)

    def _add(self, source: Source, node: ast.AST) -> None:
        if isinstance(node, FUNCTIONS):
            for decorator in node.decorator_list:
                self._add_decorated(source, node, decorator)
        elif isinstance(node, ast.Call):
            self._add_call(node)
        elif isinstance(node, ast.Dict):
            self._add_dispatched(node)
        elif isinstance(node, ast.If | ast.match_case):
            self._add_branches(source, node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = Found(source.place(node), "is named here; follow it from there")
            self._named.setdefault(node.value, found)

    def _add_dispatched(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if (function := self._function(value)) and (name := self._text(key)):
                self._dispatched.setdefault(name, _described(*function))

    def _add_branches(self, source: Source, node: ast.If | ast.match_case) -> None:
        for part in ast.walk(node.test if isinstance(node, ast.If) else node.pattern):
            compared: list[ast.expr] = []
            if isinstance(part, ast.Compare):
                compared = [part.left, *part.comparators]
            elif isinstance(part, ast.MatchValue):
                compared = [part.value]
            for name in self._texts(compared):
                self._branches.setdefault(name, (source, part, node.body))

    def _add_decorated(self, source: Source, node: Function, decorator: ast.expr) -> None:
        call = decorator if isinstance(decorator, ast.Call) else None
        target = call.func if call else decorator
        if not isinstance(target, ast.Attribute):
            return
        found = _described(source, node)
        for kind, whole in WHOLE.items():
            if target.attr == whole:
                what = f"`{node.name}`, through which every {kind} passes"
                self._whole[kind] = Found(found.place, what, found.blocks)
            elif target.attr == kind:
                given = self._text(call.args[0]) if call and call.args else ""
                named = self._keyword(call, "name")
                for key in (given, self._keyword(call, "uri"), named or given or node.name):
                    if key:
                        self._registered[kind, key] = found

    def _add_call(self, node: ast.Call) -> None:
        """Look at `server.add_tool(function)`, `server.tool(name=…)(function)` and the like."""
        call = node.func if isinstance(node.func, ast.Call) else node
        name = dotted(call.func).rpartition(".")[2]
        if name not in ADDING or not node.args or not (function := self._function(node.args[0])):
            return
        key = self._keyword(call, "name") or self._keyword(node, "name") or function[1].name
        kinds = [kind for kind in WHOLE if kind in name] or ["tool", "prompt"]
        for kind in kinds:
            self._registered.setdefault((kind, key), _described(*function))

    def _function(self, node: ast.AST) -> tuple[Source, Function] | None:
        """Return the one function of the project that an expression can mean."""
        named = self._functions.get(dotted(node).rpartition(".")[2], [])
        return named[0] if len(named) == 1 else None

    def _texts(self, nodes: Sequence[ast.AST]) -> Iterator[str]:
        for node in nodes:
            inner = node.elts if isinstance(node, ast.List | ast.Set | ast.Tuple) else [node]
            for one in inner:
                if text := self._text(one):
                    yield text

    def _text(self, node: ast.AST | None) -> str:
        """Return a text that stands there, or below the name of a constant or an enum's member."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else ""
        name = dotted(node).removesuffix(".value") if node else ""
        two = ".".join(name.split(".")[-2:])
        return self._constants.get(two) or self._constants.get(name.rpartition(".")[2], "")

    def _keyword(self, call: ast.Call | None, name: str) -> str:
        for keyword in call.keywords if call else ():
            if keyword.arg == name:
                return self._text(keyword.value)
        return ""


def _described(source: Source, node: Function) -> Found:
    blocks = isinstance(node, ast.FunctionDef)
    return Found(source.place(node), f"`{node.name}`", blocks, dict(_defaults(node.args)))


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, str]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = positional[len(positional) - len(arguments.defaults) :]
    for argument, default in (
        *zip(with_default, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ):
        if default is not None and (code := _unparsed(default)) != "None":
            yield argument.arg, code


def _unparsed(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:  # It is deeper than it needs to be.
        return "…"


def _constants(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield texts with the names that they have in a module or in a class."""
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef):
            prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
            for one in node.body:
                if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant):
                    for target in one.targets:
                        if isinstance(target, ast.Name) and isinstance(one.value.value, str):
                            yield prefix + target.id, one.value.value
