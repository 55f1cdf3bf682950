"""The ends of a connection to a server: messages go in whole and come out whole."""

import os
import socket
from typing import Protocol

from benchmarks.harness.wire import Era, Request, WrongAnswerError

_CHUNK = 1 << 18


class Channel(Protocol):
    """What the load generator needs of a connection."""

    def fileno(self) -> int:
        """The descriptor that becomes readable when answers are there."""

    def send(self, requests: list[bytes]) -> None:
        """Send these requests."""

    def receive(self) -> list[bytes]:
        """Read what is there, and return the answers that it completes."""


class PipeChannel:
    """Lines over a pair of pipes.

    Writing never blocks for good: what is in flight is far smaller than the buffer of a pipe.
    """

    def __init__(self, reader: int, writer: int) -> None:
        self._reader = reader
        self._writer = writer
        self._rest = b""

    def fileno(self) -> int:
        return self._reader

    def send(self, requests: list[bytes]) -> None:
        data = memoryview(b"".join(request + b"\n" for request in requests))
        while data:
            data = data[os.write(self._writer, data) :]

    def receive(self) -> list[bytes]:
        chunk = os.read(self._reader, _CHUNK)
        if not chunk:
            raise WrongAnswerError("the server closed its standard output")
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return lines


class HttpChannel:
    """One keep-alive connection, with one request at a time, as HTTP/1.1 has it."""

    def __init__(self, port: int, era: Era, request: Request) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = [
            "POST /mcp HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Accept: application/json, text/event-stream",
            "Content-Type: application/json",
            f"MCP-Protocol-Version: {era.version}",
        ]
        if not era.has_handshake:
            headers.append(f"Mcp-Method: {request.method}")
            if request.name:
                headers.append(f"Mcp-Name: {request.name}")
        self._head = ("\r\n".join(headers) + "\r\nContent-Length: %d\r\n\r\n").encode()
        self._buffer = b""

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, requests: list[bytes]) -> None:
        for request in requests:
            self._socket.sendall(self._head % len(request) + request)

    def receive(self) -> list[bytes]:
        chunk = self._socket.recv(_CHUNK)
        if not chunk:
            raise WrongAnswerError("the server closed the connection")
        self._buffer += chunk
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return []
        length = _content_length(head)
        if len(body) < length:
            return []
        if len(body) > length:
            raise WrongAnswerError("more came back than one answer")
        self._buffer = b""
        return [body]


def _content_length(head: bytes) -> int:
    status, *fields = head.lower().split(b"\r\n")
    if b" 200 " not in status + b" ":
        raise WrongAnswerError(f"not 200: {head[:500]!r}")
    for field in fields:
        if field.startswith(b"content-length:"):
            return int(field[15:])
    # All are asked for JSON bodies; a stream of events would be another benchmark.
    raise WrongAnswerError(f"no plain body: {head[:500]!r}")
