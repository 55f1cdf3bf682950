"""Tools that call an API, in a server as its users have it: what leaves it, and what comes back."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from support.rendering import copy
from support.serving import Installed, Wire

COLOURS = ["blue", "black"]
COLOUR = {"R": "100", "G": "200"}
STYLES: dict[tuple[str, str, bool], tuple[str, str]] = {
    ("path", "simple", False): ("blue,black", "R,100,G,200"),
    ("path", "simple", True): ("blue,black", "R=100,G=200"),
    ("path", "label", False): (".blue,black", ".R,100,G,200"),
    ("path", "label", True): (".blue.black", ".R=100.G=200"),
    ("path", "matrix", False): (";list=blue,black", ";dict=R,100,G,200"),
    ("path", "matrix", True): (";list=blue;list=black", ";R=100;G=200"),
    ("query", "form", False): ("list=blue,black", "dict=R,100,G,200"),
    ("query", "form", True): ("list=blue&list=black", "R=100&G=200"),
    ("query", "spaceDelimited", False): ("list=blue%20black", "dict=R%20100%20G%20200"),
    ("query", "spaceDelimited", True): ("list=blue&list=black", "R=100&G=200"),
    ("query", "pipeDelimited", False): ("list=blue%7Cblack", "dict=R%7C100%7CG%7C200"),
    ("query", "pipeDelimited", True): ("list=blue&list=black", "R=100&G=200"),
    ("query", "deepObject", False): ("list=blue&list=black", "dict%5BR%5D=100&dict%5BG%5D=200"),
    ("query", "deepObject", True): ("list=blue&list=black", "dict%5BR%5D=100&dict%5BG%5D=200"),
    ("header", "simple", False): ("blue,black", "R,100,G,200"),
    ("header", "simple", True): ("blue,black", "R=100,G=200"),
    ("cookie", "form", False): ("list=blue,black", "dict=R,100,G,200"),
    ("cookie", "form", True): ("list=blue; list=black", "R=100; G=200"),
}
"""How a list and a mapping look in each style of OpenAPI."""

HOSTILE = (
    "a/b", "/", "//evil.example/", "../secret", "..", ".", "a/../../b", "..\\..", "%2e%2e/", "%2F",
    "?a=b", "a?b#c", "#", "a&b=c;d", "a\r\nX-Evil: 1", "a\nb", "\0", "a b", "天 é\u202e", "{q}",
    "http://evil.example", "@evil.example", ":80", "", "a" * 2000, "';--", "\\", "{{ 7 * 7 }}",
)  # fmt: skip

PLACES = ("path", "query", "header", "cookie", "property")


def tools() -> list[dict[str, Any]]:
    both = {"list": {"type": "list[str]"}, "dict": {"type": "dict[str, str]"}}
    found = []
    for place, style, explode in STYLES:
        where = {name: {"in": place, "style": style, "explode": explode} for name in both}
        path = "/{list}/{dict}" if place == "path" else "/x"
        http = {"method": "get", "path": path, "arguments": where}
        name = f"{place}-{style}-{explode}"
        found.append({"name": name, "arguments": both, "content": "text", "http": http})
    where = {name: {"in": name} for name in PLACES if name != "path"}
    everywhere = {"method": "post", "path": "/x/{path}/y", "arguments": where}
    arguments = {name: {"type": "str", "required": name == "path"} for name in PLACES}
    found.append(
        {"name": "everywhere", "arguments": arguments, "content": "text", "http": everywhere}
    )
    for method in ("get", "put", "post", "delete", "patch", "options"):
        http = {"method": method, "path": "/method"}
        found.append({"name": method, "content": "text", "http": http})
    number = {"status": {"type": "int"}}
    http = {"method": "post", "path": "/status/{status}"}
    found.append({"name": "status", "arguments": number, "content": "text", "http": http})
    text = {"text": {"type": "str"}}
    pet = {"name": {"type": "str"}, "age": {"type": "int", "required": False}}
    result = {"pets": {"type": "list[object]", "fields": pet}}
    http = {"method": "post", "path": "/raw", "body": "text", "arguments": {"text": {"in": "body"}}}
    found.append({"name": "raw", "arguments": text, "result": result, "http": http})
    http = {"method": "get", "path": "/any"}
    found.append({"name": "any", "additional": ["result"], "http": http})
    data = {"data": {"type": "bytes", "description": "What."}}
    http = {"method": "post", "path": "/raw", "arguments": {"more": {"in": "query"}}}
    more = data | {"more": {"type": "list[bytes]"}}
    found.append({"name": "bytes", "arguments": more, "result": data, "http": http})
    properties = {name: {"type": ["string", "null"]} for name in ("id", "note", "long name")}
    raw = {"type": "object", "properties": properties, "required": ["id"]}
    http = {
        "method": "patch",
        "path": "/nulls",
        "arguments": {"long name": {"in": "property", "name": "name"}},
    }
    found.append({"name": "nulls", "schema": {"arguments": raw}, "content": "text", "http": http})
    apart = {"required": False, "nullable": True}
    owner = {"fields": {"name": {"type": "str"} | apart, "age": {"type": "int | None"}}} | apart
    change: dict[str, Any] = {
        "id": {"type": "str"},
        "old": {"type": "str | None"},
        "note": {"type": "str"} | apart,
    }
    change |= {"class": {"type": "int"} | apart, "owner": owner, "q": {"type": "str"} | apart}
    places = {"q": {"in": "query"}, "note": {"in": "property", "name": "long name"}}
    http = {"method": "patch", "path": "/change/{id}", "arguments": places}
    found.append({"name": "change", "arguments": change, "content": "text", "http": http})
    where = {"text": {"in": "body"}}
    http = {"method": "post", "path": "/raw", "body": "text", "arguments": where}
    result = {name: change[name] for name in ("class", "owner")}
    found.append({"name": "changed", "arguments": text, "result": result, "http": http})
    size = {"page_size": {"type": "int", "le": 10, "required": False}}
    extra: dict[str, Any] = {"arguments": size, "additional": ["arguments"], "content": "text"}
    for method, place in (("get", "query"), ("post", "property")):
        where = {"page_size": {"in": place, "name": "limit"}}
        http = {"method": method, "path": "/open", "arguments": where}
        found.append({"name": f"open-{method}"} | extra | {"http": http})
    size = {"page_size": size["page_size"] | apart}
    found.append({"name": "open-patch"} | extra | {"arguments": size, "http": http})
    return found


class Echo:
    """An API that answers with what it was asked."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.refused = 0
        self.tokens = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
            method, target, _ = first.split(" ")
            pairs = [line.partition(":") for line in lines]
            headers = [[name.lower(), value.strip()] for name, _, value in pairs]
            length = next((value for name, value in headers if name == "content-length"), "0")
            body = (await reader.readexactly(int(length))).decode()
            asked = {"method": method, "target": target, "headers": headers, "body": body}
            status, content = self.answer(asked)
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n"
                "Content-Type: application/json\r\nConnection: close\r\n\r\n".encode()
            )
            writer.write(content)
            await writer.drain()
        writer.close()

    def answer(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        if asked["target"] == "/token":
            self.tokens += 1
            token = {"access_token": f"hunter2-{self.tokens}", "token_type": "Bearer"}
            return 200, json.dumps(token).encode()
        self.requests.append(asked)
        echo = json.dumps(asked).encode()
        if self.refused:
            self.refused -= 1
            return 401, echo
        if asked["target"].startswith("/v1/status/"):
            return int(asked["target"].rpartition("/")[2].partition("?")[0]), echo
        is_raw = asked["target"].startswith("/v1/raw")
        return 200, str(asked["body"]).encode() if is_raw else echo


@asynccontextmanager
async def calling(
    installed: Installed, era: str = "2026-07-28", **settings: object
) -> AsyncIterator[tuple[Wire, Echo]]:
    """Start the server, and an API for it."""
    echo = Echo()
    api = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{api.sockets[0].getsockname()[1]}"
    given: dict[str, Any] = {"api_url": f"{url}/v1", "http_client_allowed_networks": "127.0.0.1/32"}
    given |= {name: str(text).replace("API", url) for name, text in settings.items()}
    try:
        async with installed.over_stdio(era, **given) as wire:
            await wire.hello()
            yield wire, echo
            assert b"incident" not in wire.log, wire.log.decode()
            assert b"hunter2" not in wire.log
    finally:
        api.close()
        api.abort_clients()


def install(template: Path, directory: Path, auth: dict[str, Any] | None = None) -> Installed:
    api: dict[str, Any] = {"url": "https://api.example.org"} | ({"auth": auth} if auth else {})
    answers = {"project_name": "Harbour Log", "http_client": True, "api": api, "tools": tools()}
    return Installed.make(copy(template, directory / "project", **answers), directory)


@pytest.fixture(scope="module")
def installed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(template, tmp_path_factory.mktemp("calling"))


async def text_of(wire: Wire, name: str, **arguments: object) -> tuple[str, bool]:
    """Return what a tool answers, and whether that is an error."""
    result = (await wire.tool(name, **arguments))["result"]
    (content,) = result["content"]
    return content["text"], result.get("isError", False)


async def echo_of(wire: Wire, name: str, **arguments: object) -> dict[str, Any]:
    text, is_error = await text_of(wire, name, **arguments)
    assert not is_error, text
    echo: dict[str, Any] = json.loads(text)
    return echo


def values(asked: dict[str, Any], name: str) -> list[str]:
    return [value for found, value in asked["headers"] if found == name]


# What leaves ------------------------------------------------------------------------------------


async def test_every_style_is_that_of_openapi(installed: Installed) -> None:
    async with calling(installed) as (wire, _):
        for (place, style, explode), (several, more) in STYLES.items():
            name = f"{place}-{style}-{explode}"
            asked = await echo_of(wire, name, list=COLOURS, dict=COLOUR)
            if place == "path":
                assert asked["target"] == f"/v1/{several}/{more}", name
            elif place == "query":
                assert asked["target"] == f"/v1/x?{several}&{more}", name
            elif place == "header":
                assert (values(asked, "list"), values(asked, "dict")) == ([several], [more]), name
            else:
                assert values(asked, "cookie") == [f"{several}; {more}"], name


async def test_methods_are_those_that_are_declared(installed: Installed) -> None:
    async with calling(installed) as (wire, _):
        for method in ("get", "put", "post", "delete", "patch", "options"):
            asked = await echo_of(wire, method)
            assert (asked["method"], asked["target"]) == (method.upper(), "/v1/method")
            assert asked["body"] == ""


async def test_hostile_arguments_stay_where_they_belong(installed: Installed, era: str) -> None:
    async with calling(installed, era) as (wire, echo):
        plain = await echo_of(wire, "everywhere", **dict.fromkeys(PLACES, "a"))
        names = [name for name, _ in plain["headers"]]
        for text in HOSTILE:
            for place in PLACES:
                before = len(echo.requests)
                said, is_error = await text_of(
                    wire, "everywhere", **(dict.fromkeys(PLACES, "a") | {place: text})
                )
                if is_error:
                    assert place in ("path", "header"), said
                    assert said.startswith(f"{place}: Input should"), said
                    assert len(echo.requests) == before
                    continue
                asked = json.loads(said)
                path, _, query = asked["target"].partition("?")
                inside = {"path": text} if place == "path" else {}
                assert path == f"/v1/x/{quote(inside.get('path', 'a'), safe='')}/y"
                assert query == "query=" + (quote(text, safe="") if place == "query" else "a")
                assert [name for name, _ in asked["headers"]] == names
                cookie = unquote(values(asked, "cookie")[0])
                assert cookie == "cookie=" + (text if place == "cookie" else "a")
                assert values(asked, "header") == [text.strip() if place == "header" else "a"]
                body = {"property": text if place == "property" else "a"}
                assert json.loads(asked["body"]) == body
        for text in ("", "..", ".", "../secret", "a/../../b", "..\\.."):
            assert (await text_of(wire, "everywhere", path=text))[1], text


@pytest.mark.parametrize("place", ["path", "query", "header", "cookie"])
async def test_a_long_argument_holds_up_nobody(installed: Installed, place: str) -> None:
    async with calling(installed) as (wire, echo):
        for text in ("/" * 3_900_000, "é" * 600_000):
            given = {"path": "a", place: text}
            said, is_error = await text_of(wire, "everywhere", **given)
            assert is_error
            assert "should have at most 65,536 bytes together" in said
        assert echo.requests == []


async def test_what_is_left_out_is_not_sent(installed: Installed) -> None:
    async with calling(installed) as (wire, _):
        asked = await echo_of(wire, "everywhere", path="a")
    assert asked["target"] == "/v1/x/a/y"
    assert values(asked, "cookie") == values(asked, "header") == []
    assert asked["body"] == "{}"


async def test_a_null_of_a_raw_schema_is_sent(installed: Installed) -> None:
    async with calling(installed) as (wire, _):
        asked = await echo_of(wire, "nulls", **{"id": None, "long name": None})
        assert json.loads(asked["body"]) == {"id": None, "name": None}
        asked = await echo_of(wire, "nulls", id="a", note=None)
        assert json.loads(asked["body"]) == {"id": "a", "note": None}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {}),
        ({"note": None, "class": None, "owner": None, "q": None, "old": None}, None),
        ({"owner": {}}, {"owner": {}}),
        ({"owner": {"name": None, "age": None}}, {"owner": {"name": None}}),
        ({"note": "a", "old": "b", "class": 0}, {"long name": "a", "old": "b", "class": 0}),
    ],
)
async def test_a_null_is_sent_where_it_is_not_what_was_left_out(
    installed: Installed, given: dict[str, Any], sent: dict[str, Any] | None
) -> None:
    async with calling(installed) as (wire, _):
        asked = await echo_of(wire, "change", id="a", **given)
    nulls = {"long name": None, "class": None, "owner": None}
    assert json.loads(asked["body"]) == (nulls if sent is None else sent)
    assert asked["target"] == "/v1/change/a"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"class": None, "owner": None},
        {"owner": {"age": 1}},
        {"owner": {"name": None, "age": 2}},
    ],
)
async def test_a_null_of_an_answer_is_not_what_it_leaves_out(
    installed: Installed, era: str, answer: dict[str, Any]
) -> None:
    async with calling(installed, era) as (wire, _):
        result = (await wire.tool("changed", text=json.dumps(answer)))["result"]
    assert result["structuredContent"] == answer
    assert json.loads(result["content"][0]["text"]) == answer


async def test_bytes_are_base64_on_both_ways(installed: Installed) -> None:
    async with calling(installed) as (wire, echo):
        result = (await wire.tool("bytes", data="//79+w==", more=["aGVsbG8="]))["result"]
    assert result["structuredContent"] == {"data": "//79+w=="}
    (asked,) = echo.requests
    assert asked["target"] == "/v1/raw?more=aGVsbG8%3D"
    assert json.loads(asked["body"]) == {"data": "//79+w=="}


async def test_more_arguments_replace_none_that_is_declared(installed: Installed) -> None:
    async with calling(installed) as (wire, _):
        for given, query, body in (
            ({"page_size": 3}, "a=b&limit=3", {"a": "b", "limit": 3}),
            ({}, "a=b", {"a": "b"}),
        ):
            more = given | {"limit": 1_000_000, "a": "b"}
            asked = await echo_of(wire, "open-get", **more)
            assert sorted(asked["target"].partition("?")[2].split("&")) == query.split("&")
            for tool in ("open-post", "open-patch"):
                assert json.loads((await echo_of(wire, tool, **more))["body"]) == body, tool
        assert json.loads((await echo_of(wire, "open-patch", page_size=None, limit=1))["body"]) == {
            "limit": None
        }


# What comes back --------------------------------------------------------------------------------


async def test_errors_of_the_api_are_errors_of_the_tool(installed: Installed, era: str) -> None:
    async with calling(installed, era) as (wire, _):
        for status in (400, 401, 403, 404, 409, 418, 422, 429, 499, 500, 501, 503, 599):
            said, is_error = await text_of(wire, "status", status=status)
            assert is_error
            assert said.startswith(f"POST /status/{{status}} answered {status}"), said
            assert ('"method": "POST"' in said) == (status not in (401, 403))
            assert len(said) < 700


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("tea", "POST /raw answered 200 OK without JSON."),
        ("", "POST /raw answered 200 OK without JSON."),
        ("[" * 5000, "POST /raw answered 200 OK without JSON."),
        ("[]", "The API answered something else than it declares: "),
        ("null", "The API answered something else than it declares: "),
        ('{"pets": [{"name": 5}]}', "declares: pets.0.name: Input should be a valid string."),
        ('{"pets": [{"name": "Rex", "age": "5"}]}', "declares: pets.0.age: Input should be"),
        ('{"pets": {}}', "declares: pets: Input should be a valid array."),
        ("{}", "declares: pets: Field required."),
    ],
)
async def test_another_answer_says_what_does_not_fit(
    installed: Installed, answer: str, expected: str
) -> None:
    async with calling(installed) as (wire, _):
        said, is_error = await text_of(wire, "raw", text=answer)
        assert is_error
        assert expected in said
        right = await wire.tool("raw", text='{"pets": [{"name": "Rex", "new": 1}], "n": 2}')
        assert right["result"]["structuredContent"] == {"pets": [{"name": "Rex"}]}


async def test_a_result_without_fields_is_the_whole_answer(installed: Installed) -> None:
    async with calling(installed) as (wire, echo):
        result = (await wire.tool("any"))["result"]
        assert result["structuredContent"] == echo.requests[0]


async def test_an_answer_of_many_elements_holds_up_nobody(installed: Installed) -> None:
    async with calling(installed) as (wire, _):
        for text, expected in (
            ('{"pets": [' + "{}," * 1_000_000 + "{}]}", "answered more than 100,000 elements"),
            ('{"pets": [' + "{}," * 49_000 + "{}]}", "declares: pets.0.name: Field required."),
            ('{"pets": [' + '{"name":"Rex"},' * 33_000 + "5]}", "declares: pets.33000: Input"),
        ):
            start = time.monotonic()
            said, is_error = await text_of(wire, "raw", text=text)
            assert is_error
            assert expected in said
            assert time.monotonic() - start < 30  # One second where the machine is quiet.


async def test_an_api_that_is_away_is_an_error_of_the_tool(installed: Installed) -> None:
    async with installed.over_stdio(
        api_url="http://127.0.0.1:9/v1", http_client_allowed_networks="127.0.0.1/32"
    ) as wire:
        await wire.hello()
        said = await text_of(wire, "post")
        assert said == ("POST /method: 127.0.0.1 cannot be reached.", True)
    async with installed.over_stdio(api_url="http://127.0.0.1:9/v1") as wire:
        await wire.hello()
        said = await text_of(wire, "post")
        allowing = "The setting HTTP_CLIENT_ALLOWED_NETWORKS can allow its network."
        reason = f"POST /method: 127.0.0.1 is refused: it has no public address. {allowing}"
        assert said == (reason, True)


# Who is asking ----------------------------------------------------------------------------------

KEY = "hunter2 &;/é"
AUTHS: dict[str, tuple[dict[str, Any], dict[str, str], Callable[[dict[str, Any]], object], object]]
AUTHS = {
    "bearer": (
        {"type": "bearer"},
        {"api_token": "hunter2"},
        lambda asked: values(asked, "authorization"),
        ["Bearer hunter2"],
    ),
    "basic": (
        {"type": "basic"},
        {"api_user": "Ann", "api_password": KEY},
        lambda asked: base64.b64decode(values(asked, "authorization")[0].split()[1]).decode(),
        f"Ann:{KEY}",
    ),
    "header": (
        {"type": "api_key", "in": "header", "name": "X-Api-Key"},
        {"api_key": "hunter2"},
        lambda asked: values(asked, "x-api-key"),
        ["hunter2"],
    ),
    "query": (
        {"type": "api_key", "in": "query", "name": "key"},
        {"api_key": KEY},
        lambda asked: unquote(asked["target"]),
        f"/v1/method?key={KEY}",
    ),
    "cookie": (
        {"type": "api_key", "in": "cookie", "name": "sid"},
        {"api_key": KEY},
        lambda asked: unquote(values(asked, "cookie")[0]),
        f"sid={KEY}",
    ),
    "oauth2": (
        {"type": "oauth2", "token_url": "https://auth.example.org/token", "scopes": ["a", "b"]},
        {"api_client_id": "Ann", "api_client_secret": KEY, "api_auth_url": "API/token"},
        lambda asked: values(asked, "authorization"),
        ["Bearer hunter2-1"],
    ),
}


@pytest.mark.parametrize("name", AUTHS)
async def test_credentials_come_with_each_request_and_are_never_told(
    template: Path, tmp_path: Path, name: str
) -> None:
    auth, settings, found, expected = AUTHS[name]
    installed = install(template, tmp_path, auth)
    async with calling(installed, **settings) as (wire, echo):
        for _ in range(2):
            await text_of(wire, "get")
        assert [found(asked) for asked in echo.requests] == [expected, expected]
        echo.refused = 2
        said, is_error = await text_of(wire, "get")
        assert is_error
        assert said == "GET /method answered 401 Unauthorized."
        if name == "oauth2":
            assert echo.tokens == 2  # Renewed once.
            assert len(echo.requests) == 4
        echo.refused = 0
        said, is_error = await text_of(wire, "status", status=400)
        assert is_error
        assert '"method": "POST"' in said
        assert "hunter2" not in said
        secret = base64.b64encode(f"Ann:{KEY}".encode()).decode()
        assert secret not in said
    async with calling(installed) as (wire, echo):
        await text_of(wire, "get")
        (asked,) = echo.requests
        assert asked["target"] == "/v1/method"
        sent = {header for header, _ in asked["headers"]}
        assert not sent & {"authorization", "cookie", "x-api-key"}
