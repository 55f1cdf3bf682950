"""The agent skill: its form, and what happens to somebody who does what it says."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from copier_mcp.command import main
from support import checks, downloads
from support.environments import python_of, run
from support.rendering import ROOT, Project
from support.walking import FENCE, follow, reader

SKILL = ROOT / "skills" / "mcp-server-scaffolding-asyncio"
PAGES = [SKILL / "SKILL.md", *sorted((SKILL / "references").glob("*.md"))]
WALK = ("SKILL.md", "references/asyncio.md")
MAX_LINES = 500


def validated(skill: Path) -> tuple[int, str]:
    """Ask the reference validator of the format."""
    python = python_of(downloads.python(Path(__file__).with_name("skills-ref.txt")))
    done = run(python.with_name("agentskills"), "validate", str(skill), directory=skill)
    return done.returncode, done.stdout + done.stderr


def test_the_skill_has_the_form_of_agent_skills(tmp_path: Path) -> None:
    status, said = validated(SKILL)
    assert status == 0, said
    wrong = tmp_path / SKILL.name
    wrong.mkdir()
    text = (SKILL / "SKILL.md").read_text("utf-8")
    (wrong / "SKILL.md").write_text(text.replace("name: mcp", "name: MCP", 1), "utf-8")
    assert validated(wrong)[0] != 0


@pytest.mark.quick
def test_the_skill_is_short_and_its_references_are_there() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        assert text.count("\n") < MAX_LINES
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert (page.parent / target).is_file(), target
    linked = {*re.findall(r"\]\((references/[^)]+)\)", PAGES[0].read_text("utf-8"))}
    assert linked == {page.relative_to(SKILL).as_posix() for page in PAGES[1:]}


@pytest.mark.quick
def test_all_code_of_the_skill_is_in_the_pages_that_are_followed() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        fences = [*FENCE.finditer(text)]
        assert text.count("```") == 2 * len(fences)
        assert not fences or page.relative_to(SKILL).as_posix() in WALK
        for match in fences:
            if match[1] in ("diff", "python", "yaml"):
                assert re.search(r"`[^`\s]+/[^`\s]+`:\n\n$", text[: match.start()]) or (
                    match[1] == "diff" and text[: match.start()].endswith("```\n\n")
                )


def test_who_does_what_the_skill_says_gets_what_it_shows(type_cache: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", ROOT, tmp_path / "a clone"], check=True)
    environment = reader(tmp_path / "bin") | {"TEMPLATE": str(tmp_path / "a clone")}
    here = tmp_path / "work"
    here.mkdir()
    for name in WALK:
        here = follow((SKILL / name).read_text("utf-8"), here, environment)
    assert here == tmp_path / "work" / "digest-server"
    project = Project(here, {"package_name": "digest_server"})
    checks.check_style(project)
    checks.check_types(project, type_cache)


def commands() -> Iterator[str]:
    """Yield the commands of the template that stand in sentences."""
    for page in PAGES:
        yield from re.findall(
            r"`uvx --from \"\$TEMPLATE\" copier-mcp ([^`]+)`", page.read_text("utf-8")
        )


@pytest.mark.quick
def test_the_commands_in_sentences_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    found = {" ".join(command.split()[:2]) for command in commands()}
    assert found == {"import openapi", "import server", "migrate ../old-server"}
    for verb in (["import", "openapi"], ["import", "server"], ["migrate"]):
        with pytest.raises(SystemExit, match="0"):
            main([*verb, "--help"])
    assert capsys.readouterr().out
