"""A render for many tests."""

import contextlib
from pathlib import Path
from typing import Any

from pytest_copie.plugin import Copie

from support.rendering import Project, questions


class Renderer:
    """Renders with pytest-copie, which takes any answers: only those that are asked for."""

    def __init__(self, copie: Copie, template: Path) -> None:
        self._copie = copie
        self._template = template
        self._questions = frozenset(questions(template))
        self._rendered: dict[tuple[tuple[str, Any], ...], Project] = {}

    def __call__(self, **answers: Any) -> Project:
        """Return the render of these answers; it is shared, so do not write into it."""
        answers = {"project_name": "Harbour Log"} | answers
        key = tuple(sorted(answers.items()))
        if key not in self._rendered:
            self._rendered[key] = self.again(**answers)
        return self._rendered[key]

    def again(self, **answers: Any) -> Project:
        """Return a render of these answers that nobody else has."""
        answers = {"project_name": "Harbour Log"} | answers
        unknown = answers.keys() - self._questions
        if unknown:
            raise TypeError(f"copier.yml does not ask for {sorted(unknown)}")
        with contextlib.redirect_stderr(None):  # A line a file.
            result = self._copie.copy(answers, template_dir=self._template)
        if isinstance(result.exception, Exception):
            raise result.exception
        assert result.project_dir
        return Project(result.project_dir, result.answers)
