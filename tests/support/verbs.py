"""Runs `copier-mcp` in this process, and reads the pages that show it."""

import re
import shlex
from collections.abc import Callable
from typing import NamedTuple

import pytest

from copier_mcp.command import main
from support.rendering import ROOT

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Done(NamedTuple):
    status: int
    out: str
    err: str


type Run = Callable[..., Done]


def runner(captured: pytest.CaptureFixture[str], *verb: str) -> Run:
    """Return what runs a verb with some arguments."""

    def run(*arguments: str) -> Done:
        try:
            status = main([*verb, *arguments])
        except SystemExit as end:
            status = int(str(end.code))
        return Done(status, *captured.readouterr())

    return run


def shown(page: str) -> tuple[dict[str, str], list[str]]:
    """Return a page's first blocks by their languages, and the arguments of the command there."""
    blocks = dict(reversed(FENCE.findall((ROOT / "docs" / page).read_text("utf-8"))))
    uvx, source, clone, name, *arguments = shlex.split(blocks["sh"])
    assert (uvx, source, clone, name) == ("uvx", "--from", "$PWD", "copier-mcp")
    return blocks, arguments
