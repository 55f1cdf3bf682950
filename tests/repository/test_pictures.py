"""The pictures of the documentation: drawn from their texts, shown, and readable everywhere."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

import pictures
from benchmarks.harness.results import Results
from benchmarks.harness.sessions import STDIO
from benchmarks.report.chart import chart
from benchmarks.servers.contenders import BARE, OURS
from pictures import svg
from support.renderer import Renderer
from support.rendering import ROOT

pytestmark = pytest.mark.quick

TEXTS = sorted(pictures.DIRECTORY.glob("*.yml"))
PHONE = 360
SVG = "{http://www.w3.org/2000/svg}"


def ids(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("text", TEXTS, ids=ids)
def test_a_picture_is_what_its_text_gives(text: Path) -> None:
    drawn = text.with_suffix(".svg").read_text("utf-8")
    assert drawn == pictures.draw(text), "make pictures"


def test_no_picture_is_without_a_text() -> None:
    assert TEXTS
    assert {path.with_suffix(".yml") for path in pictures.DIRECTORY.glob("*.svg")} == set(TEXTS)


@pytest.mark.parametrize("text", TEXTS, ids=ids)
def test_a_picture_has_words_and_is_shown_with_words(text: Path) -> None:
    root = ET.parse(text.with_suffix(".svg")).getroot()  # noqa: S314
    for tag in ("title", "desc"):
        assert (root.findtext(f"{SVG}{tag}") or "").strip()
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]
    image = re.compile(rf"!\[([^\]]*)\]\([\w./-]*pictures/{text.stem}\.svg\)")
    alternatives = [found for page in pages for found in image.findall(page.read_text("utf-8"))]
    assert alternatives
    assert all(len(alternative) > 30 for alternative in alternatives)


@pytest.mark.parametrize("text", TEXTS, ids=ids)
def test_nothing_leaves_a_picture_or_comes_from_elsewhere(text: Path) -> None:
    drawn = text.with_suffix(".svg").read_text("utf-8")
    assert re.findall(r"https?://[^\"\s]+", drawn) == ["http://www.w3.org/2000/svg"]
    height = float(ET.fromstring(drawn).attrib["height"])  # noqa: S314
    for shape in ET.fromstring(drawn).iter(f"{SVG}rect"):  # noqa: S314
        box = {name: float(shape.attrib[name]) for name in ("x", "y", "width", "height")}
        assert 0 <= box["x"] <= box["x"] + box["width"] <= svg.WIDTH
        assert 0 <= box["y"] <= box["y"] + box["height"] <= height


def test_type_is_large_enough_on_a_phone() -> None:
    assert min(svg.TEXT, svg.CODE) * PHONE / svg.WIDTH >= 11


def luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(part * share for part, share in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(*, dark: bool) -> None:
    page, ink, soft, *_ = svg.PAGE_DARK if dark else svg.PAGE
    assert min(contrast(ink, page), contrast(soft, page)) >= 4.5
    for tone, colours in svg.TONES.items():
        fill, _, tone_ink = colours[3:] if dark else colours[:3]
        assert min(contrast(tone_ink, fill), contrast(ink, fill)) >= 4.5, tone


@pytest.mark.parametrize(
    "row",
    [
        {"cards": [{"text": "Unpronounceable" * 4}]},
        {"cards": [{"code": "x = " + "1" * 60}]},
        {"cards": [{"items": [{"name": "a_file.py", "note": "a note " * 7}]}]},
        {"cards": [{"titel": "A word that a picture does not know"}]},
    ],
    ids=["word", "code", "item", "key"],
)
def test_what_does_not_fit_is_not_drawn(row: object, tmp_path: Path) -> None:
    text = tmp_path / "wide.yml"
    text.write_text(yaml.safe_dump({"title": "A", "description": "B", "rows": [row]}))
    with pytest.raises(ValueError, match=r"^wide\.yml: "):
        pictures.draw(text)


def test_the_files_in_the_picture_are_rendered(render: Renderer) -> None:
    text = yaml.safe_load((pictures.DIRECTORY / "files.yml").read_text("utf-8"))
    ((card,),) = (row["cards"] for row in text["rows"])
    project = render(project_name="Notes")
    shown: list[str] = []
    directory = ""
    for item in card["items"]:
        if not item.get("indent"):
            directory = item["name"]
        shown.append(f"{directory if item.get('indent') else ''}{item['name']}")
    missing = {name for name in shown if not (project.path / name).exists()}
    assert not missing


def test_what_the_benchmarks_measure_becomes_a_picture(tmp_path: Path) -> None:
    results = Results()
    results.add(BARE, {STDIO.calls(1): 1000.0})
    results.add(OURS, {STDIO.calls(1): 2500.0})
    text = tmp_path / "benchmarks.yml"
    text.write_text(chart(results))
    drawn = pictures.draw(text)
    assert "stdio 2025-11-25, 1 in flight: ours 2.50, bare SDK 1.00." in drawn
    assert "memory after start" not in drawn
