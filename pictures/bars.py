"""Pictures of figures: bars next to each other, each with its name and its value."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from pictures.svg import LINE, MARGIN, WIDTH, document, rectangle, text, width_of

_ROW, _BAR = 20, 12
_VALUE = 40


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Measure(_Part):
    """Bars that are compared with each other, by what they belong to."""

    title: str
    values: dict[str, float]


class Panel(_Part):
    """Measures on the same scale."""

    title: str
    note: str
    measures: tuple[Measure, ...]


class Bars(_Part):
    """A whole picture. A dashed line stands where the value is 1."""

    title: str
    # Whose bars stand out.
    ours: str
    panels: tuple[Panel, ...]


def draw(bars: Bars) -> str:
    """Return a picture."""
    shapes: list[str] = []
    y = float(MARGIN)
    for panel in bars.panels:
        shapes += [
            text(MARGIN, y + 17, panel.title, "title"),
            text(WIDTH - MARGIN, y + 17, panel.note, "soft", anchor="end"),
        ]
        y += LINE + 8
        names = [name for measure in panel.measures for name in measure.values]
        left = MARGIN + max(map(width_of, names)) + 8
        longest = max(max(measure.values.values()) for measure in panel.measures)
        scale = (WIDTH - MARGIN - _VALUE - left) / longest
        for measure in panel.measures:
            shapes.append(text(MARGIN, y + 16, measure.title))
            y += LINE + 3
            shapes.extend(_measure(measure, bars.ours, left, y, scale))
            y += _ROW * len(measure.values) + 14
        y += 12
    return document(bars.title, _in_words(bars), y - 26 + MARGIN, shapes)


def _in_words(bars: Bars) -> str:
    sentences: list[str] = []
    for panel in bars.panels:
        for measure in panel.measures:
            values = (f"{name} {value:.2f}" for name, value in measure.values.items())
            sentences.append(f"{measure.title}: {', '.join(values)}.")
    return " ".join(sentences)


def _measure(measure: Measure, ours: str, left: float, y: float, scale: float) -> Iterator[str]:
    one = left + scale
    bottom = y + _ROW * len(measure.values)
    yield f'<path d="M{one:.4g} {y:.4g}V{bottom:.4g}" class="line dashed"/>'
    for number, (name, value) in enumerate(measure.values.items()):
        top = y + _ROW * number
        yield text(left - 8, top + 15, name, "" if name == ours else "soft", anchor="end")
        style = "our-bar" if name == ours else "bar"
        yield rectangle(left, top + 4, value * scale, _BAR, style, radius=2)
        weight = "" if name == ours else "soft"
        yield text(WIDTH - MARGIN, top + 15, f"{value:.2f}", weight, anchor="end")
