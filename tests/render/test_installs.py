"""The rendered server as it reaches its users: built, installed and started in all kinds of places.

uvx installs what users install, so that it needs the network or uv's cache.
"""

import asyncio
import email
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml

from support import checks
from support.environments import OUR_PYTHON, install_beside_us, run, run_uv
from support.renderer import Renderer
from support.rendering import Project, commit, copy, copy_template, files
from support.serving import Installed, Wire

ANSWERS = {
    "project_name": "Größe 🦉 & Maß",
    "description": "Misst die Größe 🦉 – in Metern.",
    "distribution_name": "groesse",
    "package_name": "groesse",
    "user_name": "Zoë Müller 🦉",
    "http": True,
    "skills": True,
}
ODD = "Größe & Maß's 🦉"
"""A directory: with spaces, a quote and letters of which some are in no code page."""

posix_only = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows names files in Unicode, whatever the code page"
)


async def talk(
    *command: str | Path, cwd: Path, environment: Mapping[str, str], requests: Sequence[Any] = ()
) -> list[dict[str, Any]]:
    """Start a server in exactly this environment, and return its answers; it must end orderly."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    wire = Wire(process, "2025-11-25")
    try:
        answers = [await wire.hello(), await wire.call("tools/list")]
        for name, arguments in requests:
            answers.append(await wire.call("tools/call", {"name": name, "arguments": arguments}))
        wire.end()
        assert await wire.ended() == (0, b""), wire.log.decode()
    finally:
        await wire.kill()
    return answers


COUNT = ("count_words", {"files": ["haiku.md"]})


def check_conversation(answers: Sequence[Mapping[str, Any]]) -> None:
    """The server has said who it is, listed its tools, and counted the words of the haiku."""
    hello, listed, counted = (one["result"] for one in answers)
    assert hello["serverInfo"]["title"] == ANSWERS["project_name"]
    assert [tool["name"] for tool in listed["tools"]] == ["count_words", "search_files"]
    assert counted["structuredContent"]["total_words"] == 8


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("workspace")
    (workspace / "haiku.md").write_bytes(b"An old silent pond;\na frog jumps in.\n")
    (workspace / "notes.md").write_bytes("Die Größe der Eule: 🦉\n".encode())
    return workspace.resolve()


# Packages ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(render: Renderer, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which its owner has worked already."""
    project = render(**ANSWERS).copied_to(tmp_path_factory.mktemp("sources") / "project")
    (project.path / ".env").write_text("SECRET=hunter2\n")
    for cache in (".venv", ".mypy_cache", "tests/__pycache__", "src/groesse/__pycache__"):
        (project.path / cache).mkdir()
        (project.path / cache / "hunter2.pyc").touch()
    return project


def built(source: Path, destination: Path, *arguments: str) -> list[Path]:
    """Build without isolation: what builds rendered projects is here already."""
    options = ("--no-build-isolation", f"--python={OUR_PYTHON}", f"--out-dir={destination}")
    run_uv(source, "build", "--quiet", *options, *arguments)
    return sorted(destination.glob("groesse-*"))


@pytest.fixture(scope="module")
def packages(project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The source distribution of the project, and the wheel that is built from that."""
    wheel, sdist = built(project.path, tmp_path_factory.mktemp("dist"))
    return {"wheel": wheel, "sdist": sdist}


def test_the_wheel_has_the_package_and_nothing_else(
    project: Project, packages: dict[str, Path]
) -> None:
    with zipfile.ZipFile(packages["wheel"]) as wheel:
        contents = {name: wheel.read(name) for name in wheel.namelist()}
    package = {
        f"groesse/{name}": path.read_bytes()
        for name, path in files(project.package)
        if "__pycache__" not in name
    }
    assert "groesse/py.typed" in package
    assert {name: contents.pop(name, None) for name in package} == package
    written = {name.partition(".dist-info/")[2]: data for name, data in contents.items()}
    assert written.keys() == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    assert written["licenses/LICENSE"] == (project.path / "LICENSE").read_bytes()
    metadata = email.message_from_bytes(written["METADATA"])
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert written["METADATA"].endswith((project.path / "README.md").read_bytes())
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.13"


def test_the_source_distribution_builds_the_same_wheel(
    project: Project, packages: dict[str, Path], tmp_path: Path
) -> None:
    (from_the_tree,) = built(project.path, tmp_path / "tree", "--wheel")
    assert from_the_tree.read_bytes() == packages["wheel"].read_bytes()
    with tarfile.open(packages["sdist"]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    expected = checks.expected_tree(project.answers)
    assert names == expected | {"PKG-INFO"}


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
async def test_uvx_starts_it_from(
    packages: dict[str, Path], workspace: Path, tmp_path: Path, kind: str
) -> None:
    uv = os.environ.get("UV") or shutil.which("uv")
    assert uv
    ours = ("PYTHON", "VIRTUAL_ENV")
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    command = (uv, "tool", "run", f"--python={OUR_PYTHON}", "--from", packages[kind], "groesse")
    environment = inherited | {"GROESSE_ROOT": str(workspace)}
    # The first start takes as long as it takes to install.
    await asyncio.to_thread(run, *command, "--version", directory=tmp_path)
    check_conversation(
        await talk(*command, cwd=tmp_path, environment=environment, requests=[COUNT])
    )


# Ways to start ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment into which the wheel was installed, far from its sources."""
    return install_beside_us(
        packages["wheel"], tmp_path_factory.mktemp("installed") / "environment"
    )


WAYS = {
    "module": ("-m", "groesse"),
    "without assertions": ("-O", "-m", "groesse"),
    "without docstrings": ("-OO", "-m", "groesse"),
    "isolated": ("-I", "-m", "groesse"),
    "safe path": ("-P", "-m", "groesse"),
    "development mode": ("-X", "dev", "-W", "error", "-m", "groesse"),
}


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    directory.chmod(0o555)
    try:
        yield
    finally:
        directory.chmod(0o755)


@pytest.mark.parametrize("way", WAYS)
async def test_it_starts_in_a_directory_that_cannot_be_written_without_a_home(
    installed: Path, workspace: Path, tmp_path: Path, way: str
) -> None:
    # Not even a module of the client's directory gets in the way of an isolated one.
    if way in ("isolated", "safe path"):
        (tmp_path / "mcp.py").write_text("raise SystemExit('planted')\n")
    before = [*files(tmp_path)]
    with read_only(tmp_path):
        answers = await talk(
            *(str(installed), *WAYS[way]),
            cwd=tmp_path,
            environment={"GROESSE_ROOT": str(workspace)},
            requests=[COUNT],
        )
    check_conversation(answers)
    assert [*files(tmp_path)] == before


# Directories ------------------------------------------------------------------------------------


async def test_all_works_in_a_directory_with_an_odd_name(tmp_path: Path) -> None:
    """Render, update, install, test, start: from the template to what a client starts."""
    odd = tmp_path / ODD
    template = copy_template(odd / "the template")
    commit(template, "v1.0.0")
    project = copy(f"git+{template.as_uri()}", odd / "the project", **ANSWERS | {"http": False})
    commit(project.path)
    copier.run_update(
        project.path, data={"http": True}, defaults=True, overwrite=True, quiet=True, unsafe=False
    )
    project = Project(project.path, dict(project.answers) | {"http": True})
    checks.check_same(project, copy(f"git+{template.as_uri()}", odd / "fresh", **ANSWERS))
    commit(project.path)
    server = Installed.make(project, odd / "the server")
    checks.check_tests(project, "tests/runtime/test_command.py", python=server.python)
    printed = run(
        *(server.command, "--client-config", "generic"),
        directory=odd,
        GROESSE_ROOT=str(server.workspace),
    )
    (launch,) = json.loads(printed.stdout)["mcpServers"].values()
    answers = await talk(
        *(launch["command"], *launch["args"]), cwd=odd, environment=launch["env"], requests=[COUNT]
    )
    check_conversation(answers)


# Code pages -------------------------------------------------------------------------------------


@pytest.fixture(params=["C", "ISO-8859-1"])
def legacy(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The variables of an environment in which Python reads and writes another encoding."""
    variables = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    if request.param != "C":
        name = f"en_US.{request.param}"
        command = ("localedef", "-i", "en_US", "-f", request.param, tmp_path / name)
        if shutil.which("localedef") is None or subprocess.call(command):
            pytest.skip("the system cannot make a locale with another encoding")
        variables |= {"LC_ALL": name, "LOCPATH": str(tmp_path)}
    code = "import locale, sys; print(locale.getencoding(), sys.getfilesystemencoding())"
    done = run(OUR_PYTHON, "-c", code, directory=tmp_path, **variables)
    assert "utf" not in done.stdout.lower(), done.stdout
    return variables


@posix_only
def test_it_renders_the_same_in_a_legacy_locale(
    render: Renderer, template: Path, legacy: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "answers.yml").write_text(yaml.safe_dump(ANSWERS, allow_unicode=True), "utf-8")
    command = (OUR_PYTHON, "-m", "copier", "copy", "--quiet", "--defaults")
    arguments = ("--data-file", "answers.yml", template, "project")
    done = run(*command, *arguments, directory=tmp_path, **legacy)
    assert done.returncode == 0, done.stderr
    project = render(**ANSWERS)
    checks.check_same(Project(tmp_path / "project", project.answers), project)


@posix_only
async def test_it_speaks_utf_8_in_a_legacy_locale(
    installed: Path, workspace: Path, legacy: dict[str, str], tmp_path: Path
) -> None:
    served = tmp_path / "workspace"
    shutil.copytree(workspace, served)
    # Names of files are in the encoding of the locale. One that has no such letters has no name
    # for the file.
    encoding = "utf-8" if legacy["LC_ALL"] == "C" else "latin-1"
    name = os.fsdecode("größe.md".encode(encoding))
    shutil.copy(workspace / "notes.md", served / name)
    _, _, found, counted, unknown = await talk(
        *(installed, "-m", "groesse"),
        cwd=tmp_path,
        environment=legacy | {"GROESSE_ROOT": str(served)},
        requests=[
            ("search_files", {"query": "größe"}),
            ("count_words", {"files": ["größe.md"]}),
            ("größe 🦉", {}),
        ],
    )
    found = found["result"]["structuredContent"]["matches"]
    assert {one["text"] for one in found} == {"Die Größe der Eule: 🦉"}
    named = {one["file"] for one in found}
    assert "größe 🦉" in unknown["error"]["message"]
    if encoding == "utf-8":
        assert named == {"notes.md"}
        assert "größe.md: no such file" in str(counted["result"]["content"])
    else:
        assert named == {"notes.md", "größe.md"}
        assert counted["result"]["structuredContent"]["total_words"] == 5


@posix_only
@pytest.mark.parametrize("legacy", ["ISO-8859-1"], indirect=True)
def test_its_tests_pass_in_a_legacy_locale(
    render: Renderer, legacy: dict[str, str], tmp_path: Path
) -> None:
    project = render(**ANSWERS).copied_to(tmp_path / "project")
    python = install_beside_us(project.path, tmp_path / "environment")
    done = run(
        *(python, "-m", "pytest", "-q", "tests/test_workspace.py", "tests/runtime/test_files.py"),
        directory=project.path,
        **legacy,
    )
    assert done.returncode == 0, done.stdout[-8000:]
