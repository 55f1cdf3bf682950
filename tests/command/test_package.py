"""The package: a wheel that has all it needs, in an environment with nothing else."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

import copier_mcp.template
from copier_mcp.template import questionnaire, root
from support.rendering import ROOT, git

UV = os.environ.get("UV", "uv")


def built(directory: Path, *source: str) -> Path:
    """Build a wheel or an sdist of a clone, or of an sdist."""
    command = (UV, "build", "--quiet", "--python", sys.executable, "--out-dir", directory)
    subprocess.run([*command, *source], check=True)
    (file,) = directory.glob("*.whl" if "--wheel" in source else "*.tar.gz")
    return file


def shallow(destination: Path) -> Path:
    """Clone the last commit alone, with what has changed since and is not ignored."""
    git(ROOT, "clone", "--quiet", "--depth=1", ROOT.as_uri(), str(destination))
    listing = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listing.split("\0")):
        if (ROOT / name).exists():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            (destination / name).write_bytes((ROOT / name).read_bytes())
    return destination


def test_a_wheel_checks_a_file_in_an_environment_of_its_own(tmp_path: Path) -> None:
    clone = shallow(tmp_path / "clone")
    sdist = built(tmp_path / "sdist", "--sdist", str(clone))
    wheel = built(tmp_path / "wheel", "--wheel", str(sdist))
    with tarfile.open(sdist) as archive:
        directories = {name.split("/")[1] for name in archive.getnames() if name.count("/") > 1}
    assert directories == {"macros", "src"}
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if "/template/" in name]
    environment = tmp_path / "environment"
    programs = environment / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    subprocess.run(
        [UV, "pip", "install", "--quiet", "--python", environment, str(wheel)], check=True
    )
    file = tmp_path / "server.yml"
    file.write_text(
        "tools: [{name: find, description: Find one of the notes., hints: [readonly]}]\n"
    )
    done = subprocess.run(
        [programs / "copier-mcp", "check", "server.yml"],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "1 error\n"
    assert done.returncode == 1
    assert done.stdout.startswith("server.yml:1:67: error: tools[0] find: hints: 'readonly' is no")
    said = subprocess.run(
        [programs / "copier-mcp", "--version"], capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("copier-mcp 0, from file:///")


@pytest.mark.quick
def test_compiled_macros_are_kept_beside_compiled_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copier_mcp.template, "HERE", tmp_path)
    for without, count in (True, 0), (False, 1):
        monkeypatch.setattr(sys, "dont_write_bytecode", without)
        macros = Environment(
            autoescape=True,
            loader=DictLoader({"macros": "{% set a = 1 %}"}),
            bytecode_cache=copier_mcp.template._bytecode_cache(),
        )
        macros.get_template("macros")
        assert len([*tmp_path.glob("__pycache__/jinja-*.pyc")]) == count


@pytest.mark.quick
def test_the_checks_are_those_of_this_repository() -> None:
    assert root() == ROOT
    with questionnaire() as worker:
        assert worker.template.local_abspath == ROOT
        assert worker.template.commit is None
