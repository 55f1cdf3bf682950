"""What docs/check.md shows, compared with what the command says."""

import re
import shlex
from pathlib import Path

import pytest

from copier_mcp.check.reading import MAX_DEPTH, MAX_VALUES
from copier_mcp.command import main
from support.rendering import ROOT

pytestmark = pytest.mark.quick

PAGE = (ROOT / "docs" / "check.md").read_text("utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_transcript_is_what_the_command_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = dict(FENCE.findall(PAGE))
    (tmp_path / "server.yml").write_text(blocks["yaml"], "utf-8")
    monkeypatch.chdir(tmp_path)
    uvx, source, clone, name, *arguments = shlex.split(blocks["sh"])
    assert (uvx, source, clone, name) == ("uvx", "--from", "$PWD", "copier-mcp")
    assert main(arguments) == 1
    done = capsys.readouterr()
    assert done.out + done.err == blocks["text"]


def test_the_limits_are_those_of_the_command() -> None:
    assert f"more than {MAX_VALUES:,} values" in PAGE
    assert f"more than {MAX_DEPTH} deep" in PAGE
