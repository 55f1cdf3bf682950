"""The set-up that the verbs do: uv found or installed privately, or a sentence why not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.quick,
    pytest.mark.skipif(sys.platform == "win32", reason="these machines are made of symbolic links"),
]

WITHOUT_VENV = """#!/bin/sh
case "$*" in
    -c*) echo "$0" ;;
    "-m pip --version") {pip} ;;
    *) exit 1 ;;
esac
"""
UV_OF_ANOTHER_TIME = "#!/bin/sh\necho 'uv 0.4.0'\n"
PIP_THAT_INSTALLS_A_UV = """#!/bin/sh
case "$*" in
    -c*) echo "$0" ;;
    "-m venv "*) exit 1 ;;
    "-m pip install "*--target=.uv*)
        mkdir -p .uv/bin
        printf '#!/bin/sh\\necho uv 0.13.0: "$@"\\n' >.uv/bin/uv
        chmod +x .uv/bin/uv ;;
esac
"""


class Machine:
    """A directory of programs, and a copy of the repository's set-up in a path with spaces."""

    def __init__(self, path: Path) -> None:
        self.programs = path / "bin"
        self.programs.mkdir()
        self.repository = path / "a clone"
        (self.repository / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "uv", self.repository / "scripts")
        for name in ("pyproject.toml", ".python-version"):
            shutil.copy(ROOT / name, self.repository)
        for name in ("sh", "dirname", "rm", "mkdir", "chmod", "git"):
            found = shutil.which(name)
            assert found
            (self.programs / name).symlink_to(found)

    def install(self, name: str, script: str) -> None:
        program = self.programs / name
        program.write_text(script)
        program.chmod(0o755)

    def uv(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "scripts/uv", *arguments],
            cwd=self.repository,
            env={"PATH": str(self.programs), "HOME": str(self.repository)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_git_it_says_so(machine: Machine) -> None:
    (machine.programs / "git").unlink()
    done = machine.uv("--version")
    assert done.returncode == 1
    assert done.stderr.startswith("copier-mcp: git is missing")


def test_without_uv_and_python_it_says_so(machine: Machine) -> None:
    done = machine.uv("--version")
    assert done.returncode == 1
    assert "neither uv nor Python 3 is here" in done.stderr


def test_a_python_without_venv_and_pip_gets_the_package_named(machine: Machine) -> None:
    machine.install("python3", WITHOUT_VENV.format(pip="exit 1"))
    done = machine.uv("--version")
    assert done.returncode == 1
    assert "install python3-venv" in done.stderr
    assert not (machine.repository / ".uv").exists()


def test_a_failing_pip_is_reported_and_tried_again_next_time(machine: Machine) -> None:
    machine.install("python3", WITHOUT_VENV.format(pip="exit 0"))
    for _ in range(2):
        done = machine.uv("--version")
        assert done.returncode == 1
        assert "installing it into .uv" in done.stderr
        assert "pip could not install uv" in done.stderr


def test_pip_alone_is_enough_to_install_uv(machine: Machine) -> None:
    machine.install("python3", PIP_THAT_INSTALLS_A_UV)
    done = machine.uv("sync", "--frozen")
    assert done.stdout == "uv 0.13.0: sync --frozen\n"
    assert "installing it into .uv" in done.stderr
    assert "installing it" not in machine.uv("sync").stderr


def test_an_old_uv_is_passed_over(machine: Machine) -> None:
    machine.install("uv", UV_OF_ANOTHER_TIME)
    machine.install("python3", PIP_THAT_INSTALLS_A_UV)
    assert machine.uv("--version").stdout == "uv 0.13.0: --version\n"


def test_a_shim_that_refuses_to_run_is_passed_over(machine: Machine) -> None:
    machine.install("uv", "#!/bin/sh\nexit 127\n")
    machine.install("python3", PIP_THAT_INSTALLS_A_UV)
    assert machine.uv("--version").stdout == "uv 0.13.0: --version\n"


def test_without_python_3_13_it_says_so(machine: Machine) -> None:
    machine.install(
        "uv", '#!/bin/sh\ncase "$1" in --version) echo uv 0.13.0 ;; *) exit 2 ;; esac\n'
    )
    done = machine.uv("run", "true")
    assert done.returncode == 1
    assert "downloading it" in done.stderr
    assert "install Python 3.13" in done.stderr.splitlines()[-1]


def test_a_python_of_pyenv_is_found_without_its_shims(machine: Machine) -> None:
    machine.install(
        "uv",
        '#!/bin/sh\n[ "$1" = --version ] && echo uv 0.13.0 && exit\n'
        '[ "$1" = python ] && exit 2\necho "$UV_PYTHON"\n',
    )
    versions = machine.repository / ".pyenv" / "versions"
    for version in ("3.12.9", "3.13.2", "3.14.0"):
        (versions / version / "bin").mkdir(parents=True)
        (versions / version / "bin" / "python").symlink_to(sys.executable)
    done = machine.uv("run", "true")
    assert done.stdout == f"{versions / '3.13.2' / 'bin' / 'python'}\n", done.stderr


def test_arguments_arrive_as_they_were_given(machine: Machine) -> None:
    machine.install(
        "uv",
        '#!/bin/sh\n[ "$1" = --version ] && echo uv 0.13.0 && exit\n'
        '[ "$1" = python ] && exit\nfor argument; do echo "<$argument>"; done\n',
    )
    done = machine.uv("run", "two words", "", "$HOME", "*")
    assert done.stdout == "<run>\n<two words>\n<>\n<$HOME>\n<*>\n"


@pytest.mark.parametrize(
    ("tests", "expected", "closing"),
    [
        ("def test_one(): pass", 0, "1 passed"),
        ("def test_one(): assert False", 2, "1 failed"),
        ("import pytest\n@pytest.mark.skip\ndef test_one(): pass", 1, "1 skipped"),
        ("", 2, "no tests ran"),
    ],
    ids=["passing", "failing", "skipping", "empty"],
)
def test_the_gate_ends_with_the_closing_line(
    tmp_path: Path, tests: str, expected: int, closing: str
) -> None:
    repository = tmp_path / "a clone"
    (repository / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", repository / ".ci")
    (repository / "test_it.py").write_text(tests)
    (repository / "Makefile").write_text(
        "lint:\ntest:\n\t@'" + sys.executable + "' -m pytest -p no:cacheprovider test_it.py\n"
    )
    environment = {key: value for key, value in os.environ.items() if "PYTEST" not in key}
    done = subprocess.run(
        ["bash", ".ci/run"],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expected, done.stdout + done.stderr
    assert closing in done.stdout.splitlines()[-1]
    if expected == 1:
        assert "nothing was proved" in done.stderr
