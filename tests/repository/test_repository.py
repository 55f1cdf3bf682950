"""Facts about this repository that no other check holds together."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from support.renderer import Renderer

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

pytestmark = pytest.mark.quick


def test_the_lock_file_names_only_public_hosts() -> None:
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text()))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_the_python_version_is_the_same_everywhere() -> None:
    version = (ROOT / ".python-version").read_text().strip()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={version}"
    assert f"Python {version} is not here" in (ROOT / "scripts" / "uv").read_text()


def test_every_verb_is_in_the_help_and_phony() -> None:
    makefile = (ROOT / "Makefile").read_text()
    verbs = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    explained = re.findall(r"^([a-z-]+):.*## \w", makefile, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony
    assert sorted(verbs) == sorted(explained) == sorted(phony[1].split())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_call_only_verbs_that_exist(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    commands = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    assert commands
    for command in commands:
        program, *arguments = command.split()
        if program == "make":
            assert re.search(rf"^{arguments[0]}:", makefile, re.MULTILINE), command
        elif program != "sh":
            assert (ROOT / program).exists(), command


def test_the_workflow_of_projects_is_like_ours(render: Renderer) -> None:
    project = render(github_user="an-organisation")
    (path,) = (project.path / ".github" / "workflows").iterdir()
    for command in (
        ("zizmor", "--offline", "--no-progress"),
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
    ):
        program = Path(sys.executable).with_name(command[0])
        done = subprocess.run(
            [program, *command[1:], path], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    actions = re.compile(r"uses: (.+)")
    ours = {action for workflow in WORKFLOWS for action in actions.findall(workflow.read_text())}
    assert ours.issuperset(actions.findall(path.read_text()))
    # What the README tells to run, GitHub runs.
    _, _, section = (project.path / "README.md").read_text().partition("## Test it")
    commands = re.findall(r"^uv run .+$", section.partition("## ")[0], re.MULTILINE)
    assert commands
    run = [step.get("run") for step in yaml.safe_load(path.read_text())["jobs"]["test"]["steps"]]
    assert set(commands) <= set(run)


@pytest.mark.parametrize(
    ("line", "fault", "audit"),
    [
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7", "unpinned-uses"),
        ("make demo", "echo ${{ github.event.pull_request.title }}", "template-injection"),
        ("permissions: {}\n", "", "excessive-permissions"),
    ],
)
def test_a_careless_workflow_is_found(tmp_path: Path, line: str, fault: str, audit: str) -> None:
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text()
    assert line in workflow
    # Without the permissions of the jobs, those of the workflow count.
    careless = workflow.replace(line, fault).replace("    permissions:\n      contents: read\n", "")
    path = tmp_path / ".github" / "workflows" / "test.yml"
    path.parent.mkdir(parents=True)
    path.write_text(careless)
    done = subprocess.run(
        [Path(sys.executable).with_name("zizmor"), "--offline", "--format=plain", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert f"[{audit}]" in done.stdout
