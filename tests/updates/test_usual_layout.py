"""The layout that most templates have, with which the counts of docs/updates.md are compared."""

import ast
from pathlib import Path

import pytest

from benchmarks.updates.usual import UsualFiles
from support.changes import BASES


@pytest.mark.parametrize("base", BASES)
def test_the_usual_layout_renders_to_python(template: Path, base: str) -> None:
    rendered = UsualFiles(template)(BASES[base])
    assert all(ast.parse(source).body for source in rendered.values())
