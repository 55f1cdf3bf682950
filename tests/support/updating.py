"""Updates: of the files alone that users own, by a model, and of whole projects, by Copier."""

import io
import os
import shutil
import subprocess
import traceback
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import copier
import jinja2
import pytest
import yaml
from copier._cli import CopierApp
from copier._jinja_ext import get_yield_context

from support.checks import environment_of
from support.edits import OWNED
from support.environments import OUR_PYTHON, run
from support.rendering import Answers, Project, commit, copy, files, git

NAME = {"project_name": "Harbour Log"}
PLAIN_ANSWERS = {"example": False, "http": False}


class OwnedFiles:
    """Renders the files that belong to the user, and nothing else: hundreds in a second."""

    def __init__(self, template: Path, answers: Answers) -> None:
        environment = environment_of(template)
        self._answers = answers
        self._templates = {}
        for name, path in files(template / "template" / "src"):
            rendered = environment.from_string(name).render(answers).removesuffix(".jinja")
            file = rendered.removeprefix(f"{answers['package_name']}/")
            if file in OWNED:
                self._templates[file] = environment.from_string(path.read_text("utf-8"))
        assert self._templates.keys() == set(OWNED), "some files are named otherwise now"

    def __call__(self, declared: Mapping[str, Any]) -> dict[str, str]:
        answers = {**self._answers, **declared}
        return {name: self._templates[name].render(answers) for name in OWNED}


def owned_files(template: Path, directory: Path, **answers: Any) -> OwnedFiles:
    """Return a renderer of a template; the directory is for a project with the other answers."""
    lists: dict[str, Any] = {"tools": [], "resources": [], "prompts": []}
    project = copy(template, directory, **(NAME | PLAIN_ANSWERS | lists | answers))
    return OwnedFiles(template, {"api": None, "types": None, **project.answers})  # Not remembered.


def with_other_texts(template: Path) -> None:
    """Change a template as a new version does: the runtime, and words in every file of the user."""
    changed = 0
    for _, path in files(template / "template" / "src"):
        text = path.read_text("utf-8")
        if path.parent.name == "runtime" and text:
            path.write_text(f"{text}\n\nNEW = True\n", "utf-8", newline="\n")
        elif path.name.removesuffix(".jinja") in {name.rsplit("/")[-1] for name in OWNED}:
            assert '"""The ' in text
            path.write_text(text.replace('"""The ', '"""These are the ', 1), "utf-8", newline="\n")
            changed += 1
    assert changed == len(OWNED)


VERSIONS = ("v1.0.0", "v1.1.0")
"""The tags of a template in two versions."""


class Projects:
    """Rendered projects of one template repository."""

    def __init__(self, repository: Path, directory: Path) -> None:
        self._repository = repository
        self._directory = directory
        self._kept: dict[str, Project] = {}
        self._count = 0

    def __call__(self, answers: Answers, version: str) -> Project:
        """Return a render that nobody else has, which is committed."""
        key = f"{version} {answers!r}"
        if key not in self._kept:
            url = f"git+{self._repository.as_uri()}"
            answers = NAME | PLAIN_ANSWERS | dict(answers)
            self._kept[key] = copy(url, self._next(), vcs_ref=version, **answers)
            commit(self._kept[key].path)
        return self._kept[key].copied_to(self._next())

    def forget(self, project: Project) -> None:
        """Make room for others."""
        shutil.rmtree(project.path)

    def _next(self) -> Path:
        self._count += 1
        return self._directory / str(self._count)


def owned(project: Project) -> dict[str, str]:
    """Return the files that belong to the user."""
    return {name: (project.package / name).read_text("utf-8") for name in OWNED}


def write(project: Project, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (project.package / name).write_text(text, "utf-8", newline="\n")
    if git(project.path, "status", "--porcelain"):
        commit(project.path)


def update(project: Project, answers: Answers, version: str | None = None) -> None:
    """Update a project for real, to the newest version or to a given one."""
    copier.run_update(
        project.path,
        data=dict(answers),
        vcs_ref=version,
        defaults=True,
        overwrite=True,
        quiet=True,
        unsafe=False,
    )


def copier_update(
    project: Project, answers: Mapping[str, Any], **variables: str
) -> subprocess.CompletedProcess[str]:
    """Update by the command, as people do, to see what they are told.

    It runs in this process, which has compiled the template, unless it gets variables of its own.
    """
    data = project.path.parent / "data.yml"
    data.write_text(yaml.safe_dump(dict(answers)), "utf-8")
    command = ("copier", "update", "--defaults", "--data-file", str(data))
    if variables:
        settings = {"COPIER_SETTINGS_PATH": os.environ["COPIER_SETTINGS_PATH"]} | variables
        return run(OUR_PYTHON, "-m", *command, directory=project.path, **settings)
    out, err = io.StringIO(), io.StringIO()
    with chdir(project.path), redirect_stdout(out), redirect_stderr(err):
        try:
            _, status = CopierApp.run(list(command), exit=False)
        except ValueError:  # A process ends with it, and shows it.
            traceback.print_exc()
            status = 1
    return subprocess.CompletedProcess(command, status, out.getvalue(), err.getvalue())


def changes_of(project: Project) -> dict[str, str]:
    """Return the files that are not as they were committed, and what git says of each."""
    return {line[3:]: line[:2] for line in git(project.path, "status", "--porcelain").splitlines()}


@contextmanager
def compiled_once() -> Iterator[None]:
    """Let Jinja compile each source only once: Copier makes new environments all the time.

    What is rendered stays the same; an update takes half the time.
    """
    compiled: dict[Any, Any] = {}
    original = jinja2.Environment.compile

    def compile_(
        self: jinja2.Environment, source: Any, name: str | None = None, *rest: Any, **others: Any
    ) -> Any:
        settings = (self.trim_blocks, self.lstrip_blocks, self.keep_trailing_newline)
        key = (type(self), source, name, settings, rest[1:], tuple(others.items()))
        vars(get_yield_context(self)).clear()  # As compiling does.
        if not isinstance(source, str):
            return original(self, source, name, *rest, **others)
        if key not in compiled:
            compiled[key] = original(self, source, name, *rest, **others)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jinja2.Environment, "compile", compile_)
        yield
