"""What docs/check.md shows, compared with what the command says."""

from pathlib import Path

import pytest

from copier_mcp.check.reading import MAX_DEPTH, MAX_VALUES
from copier_mcp.command import main
from support.rendering import ROOT
from support.verbs import shown

pytestmark = pytest.mark.quick

PAGE = (ROOT / "docs" / "check.md").read_text("utf-8")


def test_the_transcript_is_what_the_command_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks, arguments = shown("check.md")
    (tmp_path / "server.yml").write_text(blocks["yaml"], "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    done = capsys.readouterr()
    assert done.out + done.err == blocks["text"]


def test_the_limits_are_those_of_the_command() -> None:
    assert f"more than {MAX_VALUES:,} values" in PAGE
    assert f"more than {MAX_DEPTH} deep" in PAGE
