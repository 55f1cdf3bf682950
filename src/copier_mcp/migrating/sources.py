"""Parses the Python files of a project, without importing them."""

import ast
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from copier_mcp.importing.failures import first_line

MAX_FILES = 5_000
MAX_BYTES = 1024 * 1024
"""What is larger was generated."""
MAX_NODES = 2_000_000
"""Of all files: those of ordinary code of about 8 MiB, which take about 1 GiB of memory."""
ENDLESS = re.compile(rb"(?:\.[\s\\]*\w+[\s\\]*){100}")
"""For each part of a name in an import Python's parser copies all parts before it."""
SKIPPED = {"__pycache__", "build", "dist", "env", "node_modules", "site-packages", "venv"}

type Function = ast.FunctionDef | ast.AsyncFunctionDef
type Tell = Callable[[str, int, int], None]

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its path below the directory of the project, and what is in it."""

    path: str
    nodes: tuple[ast.AST, ...]
    imports: Mapping[str, str]
    """What the names stand for that it imports."""

    @property
    def is_test(self) -> bool:
        *folders, name = self.path.split("/")
        beginning = ("test_", "conftest.")
        return name.startswith(beginning) or bool({"test", "tests"} & set(folders))

    def place(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"

    def full_name(self, node: ast.AST) -> str:
        """Return what an expression names, from the module on, or nothing."""
        first, _, rest = dotted(node).partition(".")
        base = self.imports.get(first, "")
        return f"{base}.{rest}" if base and rest else base


def dotted(node: ast.AST) -> str:
    """Return names with dots between them as they stand there, or nothing."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def read_sources(directory: Path, tell: Tell) -> tuple[list[Source], list[str]]:
    """Return the files of a project, and a sentence for each that cannot be read."""
    sources: list[Source] = []
    unread: list[str] = []
    left = MAX_NODES
    for count, file in enumerate(_files(directory)):
        if count == MAX_FILES:
            unread.append(f"more than {MAX_FILES:,} files: the others are not looked at")
            break
        tell("the code", count, count + 1)
        path = file.relative_to(directory).as_posix()
        if left < 0:
            unread.append(f"too much code: {path} and what comes after it are not looked at")
            break
        try:
            sources.append(_parsed(path, file))
            left -= len(sources[-1].nodes)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
            unread.append(f"{path}: {first_line(error)}")
    return sources, unread


def _files(directory: Path) -> Iterator[Path]:
    """Yield its own Python files; links may lead anywhere."""
    for folder, names, files in os.walk(directory):
        names[:] = sorted(
            name for name in names if not name.startswith(".") and name not in SKIPPED
        )
        for name in sorted(files):
            file = Path(folder, name)
            if name.endswith(".py") and file.is_file() and not file.is_symlink():
                yield file


def _parsed(path: str, file: Path) -> Source:
    with file.open("rb") as opened:
        content = opened.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError("is larger than 1 MiB")
    if ENDLESS.search(content):
        raise ValueError("has a name of more than 100 parts")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # They are about code that is not ours.
        nodes = tuple(ast.walk(ast.parse(content)))
    return Source(path, nodes, _imports(nodes))


def _imports(nodes: tuple[ast.AST, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                found[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found
