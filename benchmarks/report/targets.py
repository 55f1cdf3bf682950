"""The numbers that the template promises to hold, and whether it does."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.harness.results import Results
from benchmarks.harness.sessions import (
    HTTP,
    HTTP_MODERN,
    LIST,
    MANY,
    MEMORY,
    START,
    STDIO,
    STDIO_MODERN,
)
from benchmarks.servers.contenders import (
    AGAIN,
    BARE,
    CONTENDERS,
    FASTMCP,
    MCPSERVER,
    MCPSERVER_HTTPTOOLS,
    OURS,
    TUNED,
)

RENDER = "render"
FIRST_CALL = "first call"
FIRST_CALL_COLD = "first call, cold"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table of targets."""

    what: str
    others: str
    target: str
    measured: str
    itself: str
    """Our server against itself in the same rounds: how far the ratios can be trusted."""
    holds: str


@dataclass(frozen=True, slots=True)
class Ratio:
    """A promise about our server against another one."""

    what: str
    keys: tuple[str, ...]
    """What is compared, in the order in which the ratios are shown."""
    base: str
    bound: float
    most: bool = False
    """Whether the bound is the most that is allowed, instead of the least."""
    others: tuple[str, ...] = ()

    def row(self, results: Results) -> Row | None:
        """Return the line of this promise, or nothing if it was not measured."""
        ours = [results.ratio(key, OURS, self.base) for key in self.keys]
        measured = [ratio for ratio in ours if ratio is not None]
        if len(measured) < len(ours):
            return None
        itself = [results.ratio(key, AGAIN, OURS) for key in self.keys]
        others = [
            f"{_name(other)} {_ratios([results.ratio(key, other, self.base) for key in self.keys])}"
            for other in self.others
        ]
        sign = "≤" if self.most else "≥"
        return Row(
            what=self.what,
            others=" · ".join([f"{_name(self.base)} 1.0", *others]),
            target=f"{sign} {self.bound:g}",
            measured=_ratios(measured),
            itself=_ratios(itself),
            holds=_verdict(measured, itself, self.bound, most=self.most),
        )


@dataclass(frozen=True, slots=True)
class Seconds:
    """A promise about our server alone, in seconds."""

    what: str
    key: str
    bound: float

    def row(self, results: Results) -> Row | None:
        """Return the line of this promise, or nothing if it was not measured."""
        value = results.median(OURS, self.key)
        if value is None:
            return None
        holds = _verdict([value], (), self.bound, most=True)
        target = f"≤ {self.bound:g} s"
        return Row(self.what, "", target, f"{value:.3g} s", "", holds)


class ManyTools:
    """The promise that a thousand tools cost nothing: each server against itself with 20."""

    bound = 0.95

    def row(self, results: Results) -> Row | None:
        """Return the line of this promise, or nothing if it was not measured."""
        many, few = MANY.calls(16, 1000), MANY.calls(16, 20)
        ours = results.ratio(many, OURS, OURS, few)
        if ours is None:
            return None
        others = [
            f"{_name(other)} {_ratios([results.ratio(many, other, other, few)])}"
            for other in (BARE, MCPSERVER, FASTMCP)
        ]
        itself = [results.ratio(many, AGAIN, OURS)]
        return Row(
            what="HTTP calls/s, 2026-07-28, 1,000 tools against 20 tools, 16 connections",
            others=" · ".join(others),
            target=f"≥ {self.bound:g}",
            measured=f"{ours:.2f}",
            itself=_ratios(itself),
            holds=_verdict([ours], itself, self.bound, most=False),
        )


_STDIO = tuple(session.calls(depth) for session in (STDIO, STDIO_MODERN) for depth in (1, 64))
_MODERN = tuple(HTTP_MODERN.calls(connections) for connections in (1, 16, 64))
_HANDSHAKE = tuple(HTTP.calls(connections) for connections in (1, 16, 64))
_HTTP_MODERN = "HTTP calls/s, 2026-07-28, 20 tools, JSON"

TARGETS = (
    Ratio(
        "stdio calls/s, 1 and 64 in flight: 2025-11-25, then 2026-07-28",
        _STDIO,
        BARE,
        2.0,
        others=(MCPSERVER, FASTMCP),
    ),
    Ratio("the same against MCPServer", _STDIO, MCPSERVER, 1.85),
    Ratio(
        f"{_HTTP_MODERN}: 1, 16 and 64 connections",
        _MODERN,
        BARE,
        3.0,
        others=(MCPSERVER, FASTMCP),
    ),
    Ratio("the same against MCPServer as its `run()` serves it", _MODERN, MCPSERVER, 1.5),
    Ratio(
        "16 connections, against MCPServer on the same HTTP parser",
        (HTTP_MODERN.calls(16),),
        MCPSERVER_HTTPTOOLS,
        1.45,
    ),
    Ratio("1, 16 and 64 connections, against the tuned bare SDK", _MODERN, TUNED, 0.95),
    Ratio(
        "HTTP calls/s, 2025-11-25, stateless: 1, 16 and 64 connections",
        _HANDSHAKE,
        BARE,
        1.0,
        others=(MCPSERVER, FASTMCP),
    ),
    ManyTools(),
    Ratio("start to first answer over stdio", (START,), BARE, 1.0, True, (MCPSERVER, FASTMCP)),
    Ratio("memory after start", (MEMORY,), BARE, 1.05, True, (MCPSERVER, FASTMCP)),
    Ratio("`tools/list` with 20 tools", (LIST.calls(1),), BARE, 1.2, others=(MCPSERVER, FASTMCP)),
    Seconds("render (API, default answers)", RENDER, 0.25),
    Seconds("first tool call from nothing, warm package cache", FIRST_CALL, 5),
    Seconds("first tool call from nothing, cold package cache", FIRST_CALL_COLD, 5),
)


def rows(results: Results) -> list[Row]:
    """Return the table of targets, without what was not measured."""
    return [row for target in TARGETS if (row := target.row(results)) is not None]


def _verdict(
    measured: Sequence[float], itself: Sequence[float | None], bound: float, *, most: bool
) -> str:
    miss = max(value / bound - 1 if most else 1 - value / bound for value in measured)
    if miss <= 0:
        return "yes"
    noise = max((abs(ratio - 1) for ratio in itself if ratio is not None), default=0.0)
    return "within the noise" if miss <= noise else "**no**"


def _ratios(values: Sequence[float | None]) -> str:
    return ", ".join("-" if value is None else f"{value:.2f}" for value in values)


def _name(key: str) -> str:
    return next(contender.name for contender in CONTENDERS if contender.key == key)
