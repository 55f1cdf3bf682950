"""Lines over stdio that are no message, and what their sender is told."""

from mcp.types import (
    INVALID_REQUEST,
    PARSE_ERROR,
)

MEBIBYTE = 1024 * 1024


MAX_REQUEST = 4 * MEBIBYTE  # As the settings have it.


REQUEST = b'{"jsonrpc": "2.0", "id": 7, "method": "tools/list"}'


NO_MESSAGES: dict[str, tuple[bytes, int, object]] = {
    "text": (b"hello", PARSE_ERROR, None),
    "HTTP": (b"GET / HTTP/1.1\r", PARSE_ERROR, None),
    "a header of the language server protocol": (b"Content-Length: 51\r", PARSE_ERROR, None),
    "cut": (REQUEST[:-1], PARSE_ERROR, None),
    "two on a line": (REQUEST + REQUEST, PARSE_ERROR, None),
    "not UTF-8": (REQUEST.replace(b"7", b'"\xff"'), PARSE_ERROR, None),
    "nothing but NUL": (bytes(100), PARSE_ERROR, None),
    "half a character": (REQUEST.replace(b"7", rb'"\ud800"'), PARSE_ERROR, None),
    "100,000 levels": (b"[" * 100_000, PARSE_ERROR, None),
    "100,000 levels, closed": (b"[" * 100_000 + b"]" * 100_000, PARSE_ERROR, None),
    "100,000 levels of arguments": (
        REQUEST[:-1] + b', "params": ' + b'{"a": ' * 100_000 + b"1" + b"}" * 100_001,
        INVALID_REQUEST,
        7,
    ),
    "300 levels of arguments": (
        REQUEST[:-1] + b', "params": ' + b'{"a": ' * 300 + b"1" + b"}" * 301,
        INVALID_REQUEST,
        7,
    ),
    "a batch": (b"[" + REQUEST + b"]", INVALID_REQUEST, None),
    "an empty batch": (b"[]", INVALID_REQUEST, None),
    "a number": (b"7", INVALID_REQUEST, None),
    "null": (b"null", INVALID_REQUEST, None),
    "nothing in it": (b"{}", INVALID_REQUEST, None),
    "a mark at its beginning": (b"\xef\xbb\xbf" + REQUEST, INVALID_REQUEST, 7),
    "another version": (REQUEST.replace(b"2.0", b"1.0"), INVALID_REQUEST, 7),
    "no version": (b'{"id": 7, "method": "tools/list"}', INVALID_REQUEST, 7),
    "no method": (b'{"jsonrpc": "2.0", "id": 7}', INVALID_REQUEST, 7),
    "a method that is a number": (REQUEST.replace(b'"tools/list"', b"1"), INVALID_REQUEST, 7),
    "params that are a list": (REQUEST[:-1] + b', "params": []}', INVALID_REQUEST, 7),
    "an id of null": (REQUEST.replace(b"7", b"null"), INVALID_REQUEST, None),
    "an id of 7.0": (REQUEST.replace(b"7", b"7.0"), INVALID_REQUEST, None),
    "an id of 1e999": (REQUEST.replace(b"7", b"1e999"), INVALID_REQUEST, None),
    "an id of NaN": (REQUEST.replace(b"7", b"NaN"), INVALID_REQUEST, None),
    "an id of true": (REQUEST.replace(b"7", b"true"), INVALID_REQUEST, None),
    "an id that is a list": (REQUEST.replace(b"7", b"[7]"), INVALID_REQUEST, None),
    "an id that is an object": (REQUEST.replace(b"7", b'{"a": 7}'), INVALID_REQUEST, None),
    "an id of 10,000 digits": (REQUEST.replace(b"7", b"7" * 10_000), PARSE_ERROR, None),
    "a result of a wrong type": (
        b'{"jsonrpc": "2.0", "id": 7, "result": []}',
        INVALID_REQUEST,
        None,
    ),
}
