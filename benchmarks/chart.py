"""The chart of the benchmarks: bars relative to the bare SDK, as an SVG without any library."""

from collections.abc import Iterator
from html import escape

from benchmarks.contenders import BARE, CONTENDERS, FASTMCP, MCPSERVER, OURS
from benchmarks.results import Results
from benchmarks.sessions import HTTP, HTTP_MODERN, LIST, MEMORY, START, STDIO, STDIO_MODERN

_PANELS = (
    (
        "Calls per second: longer is better",
        (
            ("stdio 2025-11-25, 1 in flight", STDIO.calls(1)),
            ("stdio 2025-11-25, 64 in flight", STDIO.calls(64)),
            ("stdio 2026-07-28, 1 in flight", STDIO_MODERN.calls(1)),
            ("stdio 2026-07-28, 64 in flight", STDIO_MODERN.calls(64)),
            ("HTTP 2026-07-28, 16 connections", HTTP_MODERN.calls(16)),
            ("HTTP 2025-11-25, 16 connections", HTTP.calls(16)),
            ("tools/list over stdio, 20 tools", LIST.calls(1)),
        ),
    ),
    (
        "Start and memory: shorter is better",
        (("start to first answer over stdio", START), ("memory after start", MEMORY)),
    ),
)
_COLOURS = {OURS: "#0f766e", BARE: "#94a3b8", MCPSERVER: "#d97706", FASTMCP: "#7c3aed"}
_LEFT, _WIDTH, _BAR, _GAP = 250, 440, 11, 12
_RIGHT = 50


def chart(results: Results) -> str:
    """Return the chart of what was measured."""
    panels = [
        (title, [(label, key) for label, key in measures if results.median(BARE, key)])
        for title, measures in _PANELS
    ]
    shapes: list[str] = []
    top = 40
    for title, measures in panels:
        if measures:
            shapes.append(_text(12, top + 14, title, weight=600))
            top += 28
            shapes.extend(_panel(results, [key for _, key in measures], top))
            for label, _ in measures:
                shapes.append(_text(_LEFT - 10, top + 28, label, anchor="end"))
                top += len(_COLOURS) * _BAR + _GAP
            top += 10
    width = _LEFT + _WIDTH + _RIGHT
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" width="{width}" height="{top}" \
role="img" font-family="system-ui, sans-serif" font-size="12">
<title>Calls a second, start and memory, relative to the bare SDK</title>
<style>
text {{ fill: #1e293b }} .page {{ fill: #ffffff }} line {{ stroke: #475569 }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e2e8f0 }} .page {{ fill: #0f172a }} line {{ stroke: #94a3b8 }}
}}
</style>
<rect class="page" width="{width}" height="{top}"/>
{"".join(_legend())}{"".join(shapes)}</svg>
"""


def _panel(results: Results, keys: list[str], top: int) -> Iterator[str]:
    ratios = {
        (key, contender): results.ratio(key, contender, BARE) or 0.0
        for key in keys
        for contender in _COLOURS
    }
    scale = _WIDTH / max(ratios.values())
    height = len(keys) * (len(_COLOURS) * _BAR + _GAP) - _GAP
    y = top
    for key in keys:
        for contender, colour in _COLOURS.items():
            ratio = ratios[key, contender]
            length = ratio * scale
            yield (
                f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR - 1}" '
                f'fill="{colour}"/>\n'
            )
            yield _text(_LEFT + length + 5, y + 9, f"{ratio:.2f}", size=10)
            y += _BAR
        y += _GAP
    one = _LEFT + scale
    yield (
        f'<line x1="{one:.1f}" x2="{one:.1f}" y1="{top - 4}" y2="{top + height + 4}" '
        'stroke-dasharray="2 3"/>\n'
    )


def _legend() -> Iterator[str]:
    names = {contender.key: contender.name for contender in CONTENDERS}
    x = 12
    for contender, colour in _COLOURS.items():
        name = f"{names[contender]} = 1" if contender == BARE else names[contender]
        yield f'<rect x="{x}" y="14" width="12" height="12" fill="{colour}"/>\n'
        yield _text(x + 18, 24, name)
        x += 44 + 7 * len(name)


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", weight: int = 400, size: int = 12
) -> str:
    attributes = f'x="{x:.1f}" y="{y}"'
    if anchor != "start":
        attributes += f' text-anchor="{anchor}"'
    if weight != 400:
        attributes += f' font-weight="{weight}"'
    if size != 12:
        attributes += f' font-size="{size}"'
    return f"<text {attributes}>{escape(text)}</text>\n"
