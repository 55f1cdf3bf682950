"""The documentation site builds from the pages, and does not build from pages with a fault."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from support.rendering import ROOT, git

spec = importlib.util.spec_from_file_location("build_site", ROOT / "scripts" / "build_site.py")
assert spec
assert spec.loader
build_site = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build_site)

pytestmark = pytest.mark.quick


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Return a copy of this repository, in which a test may plant a fault."""
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split(
        "\0"
    ):
        if name and (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_site_is_built(pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = build_site.main(pages)
    assert status == 0, capsys.readouterr().err
    site = pages / "build" / "site"
    front = (site / "index.html").read_text("utf-8")
    assert "<h1" in front
    assert 'src="docs/pictures/' in front
    for page in ROOT.glob("docs/**/*.md"):
        assert (site / page.relative_to(ROOT)).with_suffix(".html").is_file()
    assert "Conflicts that remain" in (site / "search.json").read_text("utf-8")
    # A file that is no page has one that shows it.
    assert 'href="examples/notes.yml.html"' in front
    assert "add_note" in (site / "examples" / "notes.yml.html").read_text("utf-8")


PAGE = "docs/questions.md"
# What is written at the end of a file, and what the build says of it.
FAULTS = {
    "a page": (PAGE, "[x](missing.md)", "questions.html links to missing."),
    "a heading": (PAGE, "[x](updates.md#missing)", "updates.html#missing, where there is no"),
    "a heading here": (PAGE, "[x](#nowhere)", "#nowhere, where there is no"),
    "a file": (PAGE, "[x](../examples/missing.yml)", "../examples/missing.yml, which is not"),
    "a directory": (PAGE, "[x](../examples)", "../examples, which is not there"),
    "a picture": (PAGE, "![x](pictures/missing.svg)", "pictures/missing.svg, which is not"),
    "an image": (PAGE, '<img alt="x" src="missing.png">', "missing.png, which is not there"),
    "the front page": ("README.md", "[x](docs/gone.md)", "index.html links to docs/gone."),
    "a foreign image": (
        PAGE,
        "![x](https://a.example/x.png)",
        "loads https://a.example/x.png from",
    ),
    "a foreign script": (
        PAGE,
        '<script src="//b.example/x.js"></script>',
        "loads //b.example/x.js",
    ),
    "a foreign style": (
        "docs/site.css",
        "p { background: url(//c.example/x.png) }",
        "site.css loads //c.example/x.png from another host",
    ),
    "no navigation": ("docs/new.md", "# New", "docs/new.md has no line in the navigation"),
}


def test_faults_fail_the_build_and_are_named(
    pages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text, _ in FAULTS.values():
        with (pages / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")
    (pages / "docs" / "clients.md").unlink()
    assert build_site.main(pages) == 1
    said = capsys.readouterr().err
    for fault, (_, _, message) in FAULTS.items():
        assert message in said, fault
    assert "links to docs/clients." in said


def test_one_fault_is_enough_to_fail_the_build(pages: Path) -> None:
    (pages / "docs" / "new.md").write_text("# New\n")
    assert build_site.main(pages) == 1
