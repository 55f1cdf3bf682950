"""What docs/migrate.md shows, compared with what the command does."""

from pathlib import Path

import pytest

from copier_mcp.command import main
from copier_mcp.migrating.sources import MAX_BYTES, MAX_FILES, MAX_NODES
from copier_mcp.migrating.verb import TIMEOUT
from support import downloads
from support.environments import python_of
from support.rendering import ROOT
from support.verbs import shown

CLIENTS = ROOT / "tests" / "clients"
PAGE = (ROOT / "docs" / "migrate.md").read_text("utf-8")


def test_the_transcript_is_what_the_command_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    blocks, arguments = shown("migrate.md")
    (tmp_path / "notes").mkdir()
    (tmp_path / "clone").mkdir()
    (tmp_path / "notes" / "server.py").write_text(blocks["python"], "utf-8")
    monkeypatch.chdir(tmp_path / "clone")
    assert arguments[-3:] == ["uv", "run", "server.py"]
    # What uv would install: the SDK in the version that is pinned.
    python = python_of(downloads.python(CLIENTS / "python-sdk-1.txt"))
    assert main([*arguments[:-3], str(python), "server.py"]) == 0
    assert capfd.readouterr() == (blocks["text"], "")
    worklist = Path("MIGRATION.md").read_text("utf-8")
    tables = worklist[worklist.index("## What goes where") :]
    assert blocks["markdown"] == tables


@pytest.mark.quick
def test_the_limits_are_those_of_the_command() -> None:
    assert MAX_BYTES == 1024 * 1024
    assert f"more than 1 MiB, those that are no Python, and more than {MAX_FILES:,} are" in PAGE
    assert f"after {MAX_NODES:,} nodes" in PAGE
    assert f"may take; {TIMEOUT:g} by default" in PAGE
