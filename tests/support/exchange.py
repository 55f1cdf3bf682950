"""Requests over HTTP as bytes, to say what no client library would, and what comes back."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

import pytest

from support.serving import PATIENCE, Listening, request

counted = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="what a process takes is read from /proc"
)

type Headers = Mapping[str, str | tuple[str, ...] | None]
"""Headers by their names: of none there is no line, and of several values a line each."""


def post(
    era: str,
    method: str = "tools/list",
    headers: Headers | None = None,
    body: bytes | None = None,
    *,
    verb: str = "POST",
    target: str = "/mcp",
    progress: str | None = None,
    **params: Any,
) -> bytes:
    """Return a request in HTTP/1.1, after which the server closes the connection."""
    if body is None:
        message = request(1, method, params, era)
        if progress is not None:
            message["params"].setdefault("_meta", {})["progressToken"] = progress
        body = json.dumps(message).encode()
    newer = {"Mcp-Method": method, "Mcp-Name": params.get("name")}
    chosen: Headers = {
        "Host": "localhost:80",
        "Connection": "close",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "MCP-Protocol-Version": era,
        **(newer if era == "2026-07-28" else {}),
        **(headers or {}),
    }
    lines = [f"{verb} {target} HTTP/1.1"]
    for name, values in chosen.items():
        each = (values,) if isinstance(values, str) else values or ()
        lines += [f"{name}: {value}" for value in each]
    return "\r\n".join([*lines, "", ""]).encode() + body


def call(era: str, name: str, headers: Headers | None = None, **arguments: Any) -> bytes:
    """Return the request of a tool call."""
    return post(era, "tools/call", headers, name=name, arguments=arguments)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def parse(cls, data: bytes) -> "Answer":
        """Take apart all that came over a connection."""
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])
        }
        if headers.get("transfer-encoding") == "chunked":
            chunks = []
            while body:
                size, _, rest = body.partition(b"\r\n")
                length = int(size, 16)
                chunks.append(rest[:length])
                body = rest[length + 2 :]
            assert chunks, "the answer was cut off"
            assert chunks[-1] == b"", "the answer was cut off"
            body = b"".join(chunks)
        return cls(int(lines[0].split()[1]), headers, body)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The JSON-RPC messages: those of a stream of events, or the only one."""
        if self.headers["content-type"].startswith("text/event-stream"):
            lines = self.body.decode().split("\r\n")
            return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
        return [json.loads(self.body)]

    @property
    def content(self) -> Any:
        """The structured content of a tool's result."""
        return self.messages[-1]["result"]["structuredContent"]


@asynccontextmanager
async def connected(
    listening: Listening,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a connection, and close it at the end."""
    reader, writer = await asyncio.open_connection(*listening.address)
    try:
        yield reader, writer
    finally:
        writer.close()


async def exchange(listening: Listening, data: bytes) -> Answer:
    """Send a request and return the answer."""
    async with asyncio.timeout(PATIENCE), connected(listening) as (reader, writer):
        writer.write(data)
        return Answer.parse(await reader.read())


async def ask(listening: Listening, name: str, **arguments: Any) -> Any:
    """Call a tool and return what it answers."""
    return (await exchange(listening, call("2026-07-28", name, **arguments))).content


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a client that dies does."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, linger)
    writer.close()


def descriptors(listening: Listening) -> int:
    """Return how many descriptors a server has open (Linux)."""
    return len(list(Path(f"/proc/{listening.process.pid}/fd").iterdir()))


def memory(listening: Listening, figure: str = "VmRSS") -> int:
    """Return how many bytes of memory a server has (Linux); `VmHWM` is the most it ever had."""
    text = Path(f"/proc/{listening.process.pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in text.splitlines())
    return int(fields[figure].split()[0]) * 1024


def threads(listening: Listening) -> int:
    """Return how many threads a server has (Linux)."""
    return len(list(Path(f"/proc/{listening.process.pid}/task").iterdir()))
