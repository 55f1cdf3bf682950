"""What is measured: the sessions of every round, and the names of what they show."""

from dataclasses import dataclass

from benchmarks.harness.wire import HANDSHAKE, MODERN, AddCall, Era, ListTools, Request
from benchmarks.servers.contenders import CONTENDERS, Contender


@dataclass(frozen=True, slots=True)
class Session:
    """Fresh processes of all contenders side by side, and what is done with them in turn."""

    title: str
    group: str
    transport: str
    era: Era
    tools: tuple[int, ...]
    """With so many tools each contender is started; with several numbers, several times."""
    in_flight: tuple[int, ...] = ()
    lists: bool = False
    """Whether the tools are listed, instead of one called."""

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """Who takes part."""
        return tuple(
            contender
            for contender in CONTENDERS
            if (self.transport == "http" or contender.stdio)
            and (len(self.tools) == 1 or contender.many_tools)
        )

    def request(self, tools: int) -> Request:
        """Return what a server with so many tools is asked."""
        return ListTools(self.era, tools) if self.lists else AddCall(self.era)

    def calls(self, in_flight: int, tools: int | None = None) -> str:
        """Name the calls per second with so many in flight."""
        many = f", {tools:,} tools" if tools and len(self.tools) > 1 else ""
        return f"{self.title}{many}, {in_flight} in flight"

    def names(self) -> list[str]:
        """Name all that this session shows in calls per second."""
        return [self.calls(depth, tools) for depth in self.in_flight for tools in self.tools]


START = "start"
MEMORY = "memory"

STDIO = Session("stdio 2025-11-25", "stdio", "stdio", HANDSHAKE, (1,), (1, 64))
STDIO_MODERN = Session("stdio 2026-07-28", "stdio", "stdio", MODERN, (1,), (1, 64))
LIST = Session("stdio, `tools/list`", "list", "stdio", HANDSHAKE, (20,), (1,), lists=True)
HTTP_MODERN = Session("HTTP 2026-07-28", "http", "http", MODERN, (20,), (1, 16, 64))
HTTP = Session("HTTP 2025-11-25", "http", "http", HANDSHAKE, (20,), (1, 16, 64))
MANY = Session("HTTP 2026-07-28", "many", "http", MODERN, (20, 1000), (16,))
STARTS = Session("start", "start", "stdio", HANDSHAKE, (1,))

SESSIONS = (STARTS, STDIO, STDIO_MODERN, LIST, HTTP_MODERN, HTTP, MANY)


def p50(name: str) -> str:
    """Name the median latency in milliseconds of these calls."""
    return f"{name}, p50"


def p99(name: str) -> str:
    """Name the 99th percentile of the latency in milliseconds of these calls."""
    return f"{name}, p99"


def processor(name: str) -> str:
    """Name the server's processor time for a call, or for the start, in milliseconds."""
    return f"{name}, processor"
