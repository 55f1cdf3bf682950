"""How the tests render: clean copies of the template, and answers that are known to it."""

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import yaml
from copier import run_copy
from copier._main import Worker

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("copier.yml", "examples", "macros", "template")
"""What Copier reads of this repository; the rest does not change a render."""

type Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Project:
    """A rendered project, and all answers that it was rendered with, the defaults included."""

    path: Path
    answers: Answers

    @property
    def package(self) -> Path:
        return self.path / "src" / str(self.answers["package_name"])

    def copied_to(self, destination: Path) -> Self:
        """Return a copy, for a test that writes into the project."""
        shutil.copytree(self.path, destination)
        return replace(self, path=destination)


def git(repository: Path, *arguments: str) -> str:
    """Run git the same way on every machine, and return what it prints."""
    # Nothing of the user's: no hooks, no signatures, no line ends, no templates.
    settings = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Test",
        "GIT_AUTHOR_EMAIL": "test@example.com",
        "GIT_COMMITTER_NAME": "Test",
        "GIT_COMMITTER_EMAIL": "test@example.com",
    }
    done = subprocess.run(
        ["git", "-c", "core.autocrlf=false", *arguments],
        cwd=repository,
        env=os.environ | settings,
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def copy_template(destination: Path) -> Path:
    """Copy the template as it is in the working tree, without what git ignores."""
    listing = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", *PARTS)
    for name in filter(None, listing.split("\0")):
        if (ROOT / name).exists():  # Deleted files are listed until the deletion is committed.
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, destination / name)
    return destination


def commit(repository: Path, *tags: str) -> None:
    """Commit everything, into a new repository where there is none yet."""
    if not (repository / ".git").exists():
        git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=A version")
    for tag in tags:
        git(repository, "tag", tag)


def configuration(template: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((template / "copier.yml").read_text("utf-8"))
    return loaded


def questions(template: Path) -> dict[str, dict[str, Any]]:
    """Return the questions that people are asked; computed values are not among them."""
    return {
        name: question
        for name, question in configuration(template).items()
        if not name.startswith("_") and question.get("when") is not False
    }


def copy(template: Path | str, destination: Path, **answers: Any) -> Project:
    """Render with the Copier API: answers are validated, and nothing is trusted."""
    with_ref = {"vcs_ref": answers.pop("vcs_ref")} if "vcs_ref" in answers else {}
    worker = run_copy(
        str(template),
        destination,
        data=answers,
        defaults=True,
        quiet=True,
        unsafe=False,
        **with_ref,
    )
    return Project(destination, remembered(worker))


def remembered(worker: Worker) -> Answers:
    """Return the answers that Copier writes into the answers file."""
    answers = worker._answers_to_remember()
    return {name: answer for name, answer in answers.items() if not name.startswith("_")}


def files(directory: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of a directory by their names with slashes, sorted; not those of git."""
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if path.is_file() and not name.startswith(".git/"):
            yield name, path


def pairs(choices: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return few combinations of choices that together contain every pair of two choices.

    Greedy, and the same every time: of all combinations the one that has the most pairs which
    no combination has had so far, until none is left.
    """

    def pairs_of(combination: Sequence[tuple[str, int]]) -> set[Any]:
        return set(itertools.combinations(combination, 2))

    everything = [
        tuple(zip(choices, indices, strict=True))
        for indices in itertools.product(*(range(len(values)) for values in choices.values()))
    ]
    missing = set().union(*(pairs_of(combination) for combination in everything))
    chosen = []
    while missing:
        best = max(everything, key=lambda combination: len(pairs_of(combination) & missing))
        missing -= pairs_of(best)
        chosen.append({name: choices[name][index] for name, index in best})
    return chosen


def label(choices: Answers, given: Answers) -> str:
    """Name a combination of choices in a test's id."""
    return "-".join(
        name if value is True else f"no {name}" if value in (False, "") else str(value)
        for name, value in given.items()
        if name in choices
    )
