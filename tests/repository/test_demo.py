"""The demo, in a clone whose path has a space, and that it fails where it should."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("copier.yml", "examples", "macros", "scripts", "template")
GIT = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.com")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    clone = tmp_path / "a clone"
    clone.mkdir()
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, clone / name)
        else:
            shutil.copy(ROOT / name, clone)
    for command in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message=All")):
        subprocess.run([*GIT, *command], cwd=clone, check=True)
    return clone


def demo(clone: Path, *arguments: str, script: str = "demo.py") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, f"scripts/{script}", *arguments],
        cwd=clone,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def messages(printed: str) -> list[str]:
    """Return the messages of a conversation, without their line breaks."""
    parts = re.split(r"^(?=client →|server ←)", printed, flags=re.MULTILINE)[1:]
    return ["".join(part.split("\n\n")[0].split()) for part in parts]


def transcripts(page: str) -> list[str]:
    text = (ROOT / page).read_text("utf-8")
    return re.findall(r"^```text\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_the_demo_ends_with_a_conversation_and_the_next_steps(clone: Path) -> None:
    done = demo(clone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "server ← Workspace Server 0.1.0, 2026-07-28" in done.stdout
    assert "All as expected" in done.stdout
    assert done.stdout.splitlines()[-1].endswith(' copy "$PWD" ../my-server')
    shown, *_ = transcripts("docs/demos.md")
    assert messages(shown) == messages(done.stdout)
    excerpt, *_ = transcripts("README.md")
    assert messages(excerpt)
    assert set(messages(excerpt)) <= set(messages(done.stdout))
    # It can be shown to others.
    assert str(clone) not in done.stdout


def test_a_server_without_tools_fails_the_demo(clone: Path) -> None:
    answers = clone / "examples" / "workspace.yml"
    answers.write_text(answers.read_text().replace("example: true", "example: false"))
    done = demo(clone, "examples/workspace.yml")
    assert done.returncode == 1
    assert done.stderr == "The demo failed: The server offers no tools.\n"


def test_a_server_that_does_not_start_fails_the_demo(clone: Path) -> None:
    (command_line,) = clone.glob("template/src/*/__main__.py*")
    command_line.write_text("raise SystemExit('planted fault')\n")
    done = demo(clone)
    assert done.returncode == 1
    assert "The conversation broke off" in done.stderr
    log = clone / "build" / "demo" / "server.log"
    assert "planted fault" in log.read_text()


def test_a_template_that_does_not_render_fails_the_demo(clone: Path) -> None:
    (clone / "template" / "broken.txt.jinja").write_text("{{ no_such_answer }}\n")
    done = demo(clone)
    assert done.returncode == 1
    expected = "The demo failed: The template does not render: 'no_such_answer' is undefined\n"
    assert done.stderr == expected


def test_packages_that_cannot_be_installed_fail_the_demo(clone: Path) -> None:
    project = clone / "template" / "pyproject.toml.jinja"
    project.write_text(project.read_text().replace('"pydantic>=', '"pydantic>=999'))
    done = demo(clone)
    assert done.returncode == 1
    assert "No solution found" in done.stdout
    assert "uv could not install the server" in done.stderr


# The demo of an update --------------------------------------------------------------------------


def test_the_demo_of_an_update_shows_what_the_page_says(clone: Path) -> None:
    done = demo(clone, script="demo_update.py")
    assert done.returncode == 0, done.stdout + done.stderr
    _, *parts = transcripts("docs/demos.md")
    assert len(parts) == 2
    for part in parts:
        assert part in done.stdout
    assert str(clone) not in done.stdout


@pytest.mark.parametrize(
    ("name", "text", "fault", "message"),
    [
        ("macros/code/stubs.jinja", "raise NotImplementedError(", "print(", "There is no stub of "),
        # A line that changes with the list, next to where the owner wrote something.
        (
            "handlers.py.jinja",
            "What they",
            "{{ tools | length }}",
            "The update has a conflict: UU ",
        ),
    ],
    ids=["no stubs", "conflict"],
)
def test_a_template_that_updates_badly_fails_the_demo(
    clone: Path, name: str, text: str, fault: str, message: str
) -> None:
    (path,) = clone.glob(name if "/" in name else f"template/src/*/tools/{name}")
    source = path.read_text("utf-8")
    assert text in source
    path.write_text(source.replace(text, fault), "utf-8")
    done = demo(clone, script="demo_update.py")
    assert done.returncode == 1
    assert message in done.stderr
