"""The check of the documentation finds what it should, and nothing else."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

spec = importlib.util.spec_from_file_location("check_docs", ROOT / "scripts" / "check_docs.py")
assert spec
assert spec.loader
check_docs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check_docs)

pytestmark = pytest.mark.quick


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(
        "# A page\n\n## What's `new`?\n\n## Twice\n\n## Twice\n\n<a id='own'></a>\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    "link",
    [
        "[x](docs/page.md)",
        "[x](/docs/page.md)",
        "[x](docs/)",
        "[x](docs/page.md#a-page)",
        "[x](docs/page.md#whats-new)",
        "[x](docs/page.md#twice-1)",
        "[x](docs/page.md#own)",
        "# Here\n\n[x](#here)",
        '[x](docs/page.md "a title")',
        "[x]: docs/page.md",
        "[x](https://example.com/nowhere.md)",
        "[x](mailto:a@example.com)",
        "`[x](missing.md)`",
        "```\n[x](missing.md)\n```",
        "1. A list\n\n    ```sh\n    [x](missing.md)\n    ```",
    ],
)
def test_links_that_lead_somewhere_pass(root: Path, link: str) -> None:
    (root / "README.md").write_text(f"{link}\n")
    assert check_docs.main(root) == 0


@pytest.mark.parametrize(
    "link",
    [
        "[x](missing.md)",
        "[x](docs/page.md#missing)",
        "[x](docs/page.md#twice-2)",
        "[x](#missing)",
        "[x](../outside.md)",
        "[x]: missing.md",
        "![x](missing.png)",
        '<img src="missing.png">',
        "[![x](docs/page.md)](missing.md)",
        "```\ncode\n```\n[x](missing.md)",
    ],
)
def test_links_that_lead_nowhere_are_named(
    root: Path, link: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "README.md").write_text(f"{link}\n")
    assert check_docs.main(root) == 1
    line = link.count("\n") + 1
    assert capsys.readouterr().err.startswith(f"README.md:{line}: ")


def test_no_pages_at_all_is_a_failure(tmp_path: Path) -> None:
    assert check_docs.main(tmp_path) == 1
