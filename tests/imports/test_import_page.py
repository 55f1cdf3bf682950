"""What docs/import-a-server.md shows, compared with what the command prints."""

import sys
from pathlib import Path

import pytest

from copier_mcp.command import main
from copier_mcp.importing.checking import MAX_ENTRY
from copier_mcp.importing.declaring import MAX_RESOURCES, MAX_TEXT
from copier_mcp.importing.verb import TIMEOUT
from support.rendering import ROOT
from support.verbs import shown

pytestmark = pytest.mark.quick

PAGE = (ROOT / "docs" / "import-a-server.md").read_text("utf-8")


def test_the_transcript_is_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    blocks, arguments = shown("import-a-server.md")
    (tmp_path / "notes.py").write_text(blocks["python"], "utf-8")
    monkeypatch.chdir(tmp_path)
    assert arguments[-2:] == ["python", "notes.py"]
    assert main([*arguments[:-2], sys.executable, "notes.py"]) == 0
    assert capfd.readouterr() == ("", blocks["text"])
    assert Path("server.yml").read_text("utf-8") == blocks["yaml"]


def test_the_limits_are_those_of_the_command() -> None:
    assert f"the first {MAX_RESOURCES} are declared" in PAGE
    assert f"; {TIMEOUT:g} by default" in PAGE
    assert f"the first {MAX_TEXT:,} characters are kept" in PAGE
    assert f"more than {MAX_ENTRY:,} characters stands in the file as a comment" in PAGE
