"""The text of the picture of the benchmarks: what was measured, relative to the bare SDK."""

import yaml

from benchmarks.harness.results import Results
from benchmarks.harness.sessions import HTTP, HTTP_MODERN, LIST, MEMORY, START, STDIO, STDIO_MODERN
from benchmarks.servers.contenders import BARE, CONTENDERS, FASTMCP, MCPSERVER, OURS
from pictures.bars import Bars, Measure, Panel

_TITLE = "Calls a second, start and memory, relative to the bare SDK"

_PANELS = (
    (
        "Calls per second",
        "longer",
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
        "Start and memory",
        "shorter",
        (("start to first answer over stdio", START), ("memory after start", MEMORY)),
    ),
)
_SHOWN = (OURS, BARE, MCPSERVER, FASTMCP)


def chart(results: Results) -> str:
    """Return the text of which `make pictures` draws the bars."""
    names = {contender.key: contender.name for contender in CONTENDERS}
    panels = []
    for title, better, measures in _PANELS:
        shown = []
        for label, key in measures:
            ratios = {names[each]: results.ratio(key, each, BARE) for each in _SHOWN}
            values = {name: round(ratio, 2) for name, ratio in ratios.items() if ratio is not None}
            if values:
                shown.append(Measure(title=label, values=values))
        if shown:
            note = f"{names[BARE]} = 1, {better} is better"
            panels.append(Panel(title=title, note=note, measures=tuple(shown)))
    bars = Bars(title=_TITLE, ours=names[OURS], panels=tuple(panels))
    content = yaml.safe_dump(bars.model_dump(mode="json"), sort_keys=False, default_flow_style=None)
    return f"# Written by `make bench`.\n{content}"
