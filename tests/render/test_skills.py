"""Skills in a rendered project: what its owner may put there, and what a wrong one leads to."""

from pathlib import Path

import pytest

from support import checks
from support.environments import run_module
from support.renderer import Renderer
from support.rendering import Project

HEAD = "---\nname: {name}\ndescription: How to keep a log.\n---\n"


@pytest.fixture
def project(render: Renderer, tmp_path: Path) -> Project:
    return render(skills=True).copied_to(tmp_path / "project")


def add_skill(project: Project, name: str, script: str) -> None:
    """Write a skill with a script that all skills call the same."""
    directory = project.package / "skills" / name
    (directory / "scripts").mkdir(parents=True)
    (directory / "SKILL.md").write_text(HEAD.format(name=name))
    (directory / "scripts" / "check.py").write_text(script)


def test_scripts_of_skills_are_no_part_of_the_package(project: Project, type_cache: Path) -> None:
    script = "import polars\nprint( polars.DataFrame() )\n"
    for name in ("keep-a-log", "read-a-log"):
        add_skill(project, name, script)
    checks.check_style(project)
    checks.check_types(project, type_cache)
    checks.check_tests(project, "tests/test_skills.py")
    done = run_module(project, project.package.name, "read", "skill://read-a-log/scripts/check.py")
    assert done.stdout.startswith(script), done.stderr


def test_a_wrong_skill_ends_the_start_with_a_line(project: Project) -> None:
    add_skill(project, "keep-a-log", "")
    skill = project.package / "skills" / "keep-a-log" / "SKILL.md"
    skill.write_text(HEAD.format(name="read-a-log"))
    line = "skill 'keep-a-log': SKILL.md: name: 'read-a-log' is not that of the directory\n"
    for arguments in ((), ("list",), ("--client-config", "generic")):
        done = run_module(project, project.package.name, *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", line)


def test_a_dead_link_in_a_skill_is_found(project: Project) -> None:
    (directory,) = (project.package / "skills").iterdir()
    (directory / "references" / "errors.md").unlink()
    with pytest.raises(AssertionError, match=r"there is no references/errors\.md"):
        checks.check_tests(project, "tests/test_skills.py")
