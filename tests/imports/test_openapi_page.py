"""What docs/import-openapi.md shows and says, compared with what the command does."""

from pathlib import Path

import pytest

from copier_mcp.command import main
from copier_mcp.importing.openapi import losses, operations, parsing, verb
from copier_mcp.importing.openapi.documents import MAX_DOCUMENTS
from support.rendering import ROOT
from support.verbs import shown

pytestmark = pytest.mark.quick

PAGE = (ROOT / "docs" / "import-openapi.md").read_text("utf-8")


def test_the_transcript_is_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    blocks, arguments = shown("import-openapi.md")
    (tmp_path / "petstore.yaml").write_text(blocks["yml"], "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 0
    assert capfd.readouterr() == ("", blocks["text"])
    assert Path("server.yml").read_text("utf-8") == blocks["yaml"]


def test_the_limits_are_those_of_the_command() -> None:
    assert f"above {verb.MAX_TOOLS} tools there is a warning" in PAGE
    assert f"more than {operations.MAX_NAME} characters is cut" in PAGE
    assert f"up to {parsing.MAX_BYTES // 2**20} MiB and {MAX_DOCUMENTS} files" in PAGE
    assert losses.MAX_LINES == 3
    assert "in more than three places is one line" in PAGE
