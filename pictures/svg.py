"""SVG in the look of this documentation: colours for light and dark, type, text that wraps.

A picture is 420 units wide and its smallest type 14 units, so that it can be read on a phone. Its
text is measured with the widths of Helvetica and its relatives, which every system has.
"""

import re
from collections.abc import Iterable
from html import escape

WIDTH = 420
MARGIN = 12
TEXT, CODE = 15, 14
LINE = 21

# Each tone: fill, stroke and ink in light, then in dark.
TONES = {
    "plain": ("#f6f8fa", "#d0d7de", "#1f2328", "#161b22", "#3d444d", "#e6edf3"),
    "yours": ("#e3f6f2", "#6fc0b2", "#0b5348", "#0c2b28", "#2a7a6e", "#8be3d4"),
    "template": ("#eef0ff", "#aab1f2", "#373b9c", "#1b1e3d", "#5358b5", "#c3c7ff"),
    "error": ("#fff3e2", "#e9b872", "#834600", "#2e2111", "#8d6630", "#f6cf9b"),
}
# Page, text, text of less weight, lines, our bars, other bars.
PAGE = ("#ffffff", "#1f2328", "#59636e", "#8c959f", "#0f8a78", "#c0c8d0")
PAGE_DARK = ("#0d1117", "#e6edf3", "#9198a1", "#6e7681", "#2fb5a0", "#4c545e")

_SANS = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
_MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace"

# Advance widths in thousandths of the size; letters that are not here have 556.
_ADVANCES = dict.fromkeys("'ijl|", 222) | dict.fromkeys(" !,./:;I[\\]ft", 278)
_ADVANCES |= dict.fromkeys("()-`r", 333) | dict.fromkeys("Jcksvxyz", 500)
_ADVANCES |= dict.fromkeys("FTZ", 611) | dict.fromkeys("&ABEKPSVXY", 667)
_ADVANCES |= dict.fromkeys("CDHNRUw", 722) | dict.fromkeys("GOQ", 778)
_ADVANCES |= {"M": 833, "m": 833, "W": 944, "@": 1015, "→": 1000, "…": 1000}
# Other faces are wider than Helvetica, and bold ones are.
_ROOM_FOR_OTHER_FACES = 1.06

_CODE_SPAN = re.compile(r"(`[^`]+`)")
_WORD = re.compile(r"(?:`[^`]+`|[^\s`])+")


def document(title: str, description: str, height: float, shapes: Iterable[str]) -> str:
    """Return a whole picture."""
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" \
height="{height:g}" role="img" aria-labelledby="title description">
<title id="title">{escape(title)}</title>
<desc id="description">{escape(" ".join(description.split()))}</desc>
<style>
text {{ font: {TEXT}px {_SANS} }}
.title {{ font-weight: 600; font-size: {TEXT + 1}px }}
.dashed {{ stroke-dasharray: 2 3 }}
.code {{ font: {CODE}px {_MONO}; white-space: pre }}
.title .code {{ font-weight: 600; font-size: {TEXT}px }}
{_colours(dark=False)}
@media (prefers-color-scheme: dark) {{
{_colours(dark=True)}
}}
</style>
{rectangle(0, 0, WIDTH, height, "page", radius=12)}
{"\n".join(shapes)}
</svg>
"""


def _colours(*, dark: bool) -> str:
    page, ink, soft, line, our_bar, bar = PAGE_DARK if dark else PAGE
    rules = [
        f".page {{ fill: {page} }}",
        f"text {{ fill: {ink} }}",
        f".soft {{ fill: {soft} }}",
        f".line {{ stroke: {line}; stroke-width: 1.5; fill: none }}",
        f".head {{ fill: {line} }}",
        f".inset {{ fill: {page} }}",
        f".our-bar {{ fill: {our_bar} }}",
        f".bar {{ fill: {bar} }}",
    ]
    for tone, colours in TONES.items():
        fill, stroke, tone_ink = colours[3:] if dark else colours[:3]
        rules += [
            f".{tone} {{ fill: {fill}; stroke: {stroke} }}",
            f"text.{tone}-ink {{ fill: {tone_ink} }}",
        ]
    return "\n".join(rules)


def rectangle(
    x: float, y: float, width: float, height: float, style: str, *, radius: float = 0
) -> str:
    """Return a rectangle."""
    rounded = f' rx="{radius:g}"' if radius else ""
    size = f'width="{width:.4g}" height="{height:.4g}"'
    return f'<rect x="{x:.4g}" y="{y:.4g}" {size}{rounded} class="{style}"/>'


def text(x: float, y: float, content: str, style: str = "", *, anchor: str = "start") -> str:
    """Return a line of text; what stands between backticks is code."""
    spans = [
        f'<tspan class="code">{escape(part.strip("`"))}</tspan>'
        if part.startswith("`")
        else escape(part, quote=False)
        for part in _CODE_SPAN.split(content)
        if part
    ]
    attributes = f' class="{style}"' if style else ""
    attributes += f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.4g}" y="{y:.4g}"{attributes}>{"".join(spans)}</text>'


def arrow_down(x: float, top: float, bottom: float) -> str:
    """Return an arrow that ends at the bottom."""
    return (
        f'<path d="M{x:.4g} {top:.4g}V{bottom - 7:.4g}" class="line"/>\n'
        f'<path d="M{x - 5:.4g} {bottom - 9:.4g}h10l-5 9z" class="head"/>'
    )


def arrow_right(left: float, right: float, y: float) -> str:
    """Return an arrow that ends at the right."""
    return (
        f'<path d="M{left:.4g} {y:.4g}H{right - 7:.4g}" class="line"/>\n'
        f'<path d="M{right - 9:.4g} {y - 5:.4g}v10l9 -5z" class="head"/>'
    )


def width_of(content: str, size: float = TEXT) -> float:
    """Return about how wide a text is, rather more than less."""
    width = 0.0
    for part in _CODE_SPAN.split(content):
        if part.startswith("`"):
            width += (len(part) - 2) * CODE * 0.605
        else:
            letters = sum(_ADVANCES.get(letter, 556) for letter in part)
            width += letters * size / 1000 * _ROOM_FOR_OTHER_FACES
    return width


def wrap(content: str, room: float, size: float = TEXT) -> list[str]:
    """Return the lines of a text that has this room.

    Raises:
        ValueError: a word alone is wider.
    """
    lines: list[str] = []
    for word in _WORD.findall(content):
        if width_of(word, size) > room:
            raise ValueError(f"{word} does not fit into {room:.0f} units: {content}")
        if lines and width_of(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
