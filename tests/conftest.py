"""Clean copies of the template, and renders of it that many tests look at."""

import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from copier._main import Worker
from hypothesis.internal.constants_ast import Constants
from pytest_copie.plugin import Copie

from copier_mcp.template import questionnaire
from support import refusals
from support.checking import Check
from support.environments import install_beside_us
from support.refusals import Refusal
from support.renderer import Renderer
from support.rendering import ROOT, Project, commit, copy_template
from support.serving import ERAS, Installed, with_probes
from support.updating import VERSIONS, Projects, compiled_once, with_other_texts


@pytest.fixture(scope="session", autouse=True)
def _nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Render for nobody in particular: without the settings of whoever runs the tests."""
    settings = tmp_path_factory.mktemp("copier") / "settings.yml"
    settings.write_text("{}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPIER_SETTINGS_PATH", str(settings))
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


@pytest.fixture(scope="session", autouse=True)
def _same_examples() -> Iterator[None]:
    """Let Hypothesis make the same examples whichever tests a process has run before.

    It draws values from the source of all imported modules, which a seed does not fix.
    """
    with pytest.MonkeyPatch.context() as patch:
        providers = "hypothesis.internal.conjecture.providers"
        patch.setattr(f"{providers}._get_local_constants", Constants)
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it is in the working tree, and nothing else. Read only."""
    return copy_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the template in two versions: as it is, and with other texts."""
    repository = tmp_path_factory.mktemp("template")
    copy_template(repository)
    commit(repository, VERSIONS[0])
    with_other_texts(repository)
    commit(repository, VERSIONS[1])
    return repository


@pytest.fixture(scope="module")
def projects(versions: Path, tmp_path_factory: pytest.TempPathFactory) -> Projects:
    """Projects that their owners have edited, to be updated from one version to the other."""
    return Projects(versions, tmp_path_factory.mktemp("projects"))


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    """Let Copier compile the template once for a process, which renders it hundreds of times."""
    with compiled_once():
        yield


@pytest.fixture(scope="module")
def _asked_once() -> Iterator[None]:
    """Let Copier compile the checks once for a module, which imports many servers."""
    with questionnaire() as worker, pytest.MonkeyPatch.context() as patch:
        patch.setattr("copier_mcp.template.questionnaire", lambda: nullcontext(worker))
        yield


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The template in a git repository of its own, with a version that is tagged."""
    clone = tmp_path / "repository"
    clone.mkdir()
    copy_template(clone)
    commit(clone, "v1.0.0")
    return clone


@pytest.fixture(scope="session")
def render(copie_session: Copie, template: Path) -> Renderer:
    return Renderer(copie_session, template)


@pytest.fixture(scope="session")
def check() -> Iterator[Check]:
    """What `copier-mcp check` finds in a file."""
    with questionnaire() as worker:
        yield Check(worker)


@pytest.fixture(scope="session")
def type_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy has found out about the dependencies: most of its work."""
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture
def install(tmp_path: Path) -> Callable[[Project], Path]:
    """Install a project into an environment of its own, and return its Python."""
    return lambda project: install_beside_us(project, tmp_path / "environment")


@pytest.fixture(scope="session")
def server(render: Renderer, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A rendered server, installed, with the worked example, HTTP and some tools that misbehave."""
    directory = tmp_path_factory.mktemp("server")
    project = with_probes(render(http=True).copied_to(directory / "project"))
    return Installed.make(project, directory)


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    """A protocol version; a test that takes it is run for each."""
    version: str = request.param
    return version


@pytest.fixture(scope="module")
def worker(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Worker:
    destination = tmp_path_factory.mktemp("declared")
    return Worker(
        src_path=str(template), dst_path=destination, defaults=True, quiet=True, unsafe=False
    )


@pytest.fixture(scope="module")
def macros(worker: Worker) -> Any:
    """All that the validators of declarations define, in whichever file."""
    found: dict[str, Any] = {}
    others = {f"checks/{name}.jinja" for name in ("answers", "gone", "project", "updates")}
    paths = {f"checks/{path.name}" for path in (ROOT / "macros" / "checks").glob("*.jinja")}
    for path in [*sorted(paths - others), "code/names.jinja"]:
        module = worker.jinja_env.get_template(f"macros/{path}").module
        defined = {name: value for name, value in vars(module).items() if name[0] != "_"}
        assert not found.keys() & defined.keys(), f"{path} defines what is there already"
        found |= defined
    return SimpleNamespace(**found)


@pytest.fixture(scope="module")
def refusal(macros: Any) -> Refusal:
    """What the validators say. They are rendered directly, which is much faster than asking."""
    others = {"tools": [refusals.SHARED]}
    return lambda question, answer: str(
        getattr(macros, question)(answer, *others.get(question, ()))
    )
