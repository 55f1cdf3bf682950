"""Requests over HTTP that are wrong, and the names of hosts and origins that are tried."""

import gzip
import json

from support.exchange import Headers, post
from support.serving import request

MIB = 1024 * 1024


MAX_BODY_BYTES = 4 * MIB


HOSTS = {
    "localhost": 200,
    "localhost:": 200,
    "localhost:80": 200,
    "127.0.0.1:8000": 200,
    "[::1]": 200,
    "[::1]:443": 200,
    "LOCALHOST:80": 421,  # Browsers send small letters.
    "localhost.:80": 421,
    "127.1:80": 421,
    "2130706433:80": 421,
    "0.0.0.0:80": 421,
    "[::ffff:127.0.0.1]:80": 421,
    "attacker.example": 421,
    "localhost.attacker.example": 421,
    "http://localhost": 421,
    "localhost:80@attacker.example": 400,
    "localhost:80.attacker.example": 400,
    "localhost:80, attacker.example": 400,
    "::1": 400,
    "": 400,
}


ORIGINS = {
    "http://localhost": 200,
    "http://localhost:5173": 200,
    "http://127.0.0.1:80": 200,
    "http://[::1]:80": 200,
    "HTTP://LOCALHOST:80": 403,
    "https://localhost:80": 403,
    "http://localhost.:80": 403,
    "http://localhost.attacker.example": 403,
    "https://attacker.example": 403,
    "null": 403,
    "http://localhost:80@attacker.example": 400,
    "http://localhost:80.attacker.example": 400,
    "http://localhost:80/path": 400,
    "http://localhost:80 https://attacker.example": 400,
    "": 400,
}


def wrong_requests(era: str) -> dict[str, tuple[int, bytes]]:
    """Return requests that are wrong, and the status that answers each."""
    good = json.dumps(request(1, "tools/list", {}, era)).encode()

    def with_headers(**headers: str | None) -> bytes:
        chosen: Headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return post(era, headers=chosen)

    bodies = {
        "empty": b"",
        "no JSON": b"hello",
        "not UTF-8": good[:-1] + b', "x": "\xff"}',
        "unknown text": good.decode().encode("utf-7").replace(b"{", b"+AHs-"),
        "compressed": gzip.compress(good),
        "batch": b"[" + good + b"]",
        "no object": b'"tools/list"',
        "no message": b"{}",
        "long number": good.replace(b'"id": 1', b'"id": ' + b"9" * 5000),
        "deep": b"[" * 100_000,
        "deep and closed": b'{"x":' * 100_000 + b"1" + b"}" * 100_000,
        "two objects": good + good,
    }
    return {what: (400, post(era, body=body)) for what, body in bodies.items()} | {
        "plain text": (400, with_headers(Content_Type="text/plain")),
        "a form": (400, with_headers(Content_Type="application/x-www-form-urlencoded")),
        "no type": (400, with_headers(Content_Type=None)),
        "accepts nothing": (406, with_headers(Accept=None)),
        "accepts HTML": (406, with_headers(Accept="text/html")),
        "accepts no stream": (406, with_headers(Accept="application/json")),
        "accepts no JSON": (406, with_headers(Accept="text/event-stream")),
        "unknown version": (400, with_headers(MCP_Protocol_Version="1999-01-01")),
        "no version at all": (400, with_headers(MCP_Protocol_Version="\u00e9")),
        "negative length": (400, with_headers(Content_Length="-5")),
        "length in words": (400, with_headers(Content_Length="five")),
        "two lengths": (400, post(era, headers={"Content-Length": ("5", str(len(good)))})),
        "length and chunks": (400, with_headers(Transfer_Encoding="chunked")),
        "unknown encoding": (400, with_headers(Transfer_Encoding="gzip, chunked")),
        "length too short": (400, with_headers(Content_Length=str(len(good) - 9))),
        "line end in a header": (400, with_headers(X_Name="a\rb")),
        "zero in a header": (400, with_headers(X_Name="a\0b")),
        "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20),
        "another protocol": (400, b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
        "other version of HTTP": (400, post(era).replace(b"HTTP/1.1", b"HTTP/3.7")),
        "a tunnel": (400, post(era, body=b"", verb="CONNECT", target="localhost:80")),
        "another path": (404, post(era, target="/mcp/../secret")),
        "two slashes": (404, post(era, target="//mcp")),
        "path of bytes": (404, post(era, target="/%ff%00")),
    }
