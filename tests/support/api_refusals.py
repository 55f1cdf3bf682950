"""Mistakes in the answer `api` and in the key `http` of tools, and the sentences that refuse them.

A table with a line for each: read across, not down.
"""
# ruff: noqa: E501

from typing import Any

type Declaration = dict[str, Any]

API: Declaration = {"url": "https://api.example.org/v1"}
STR = {"type": "str"}
PLACES = "write one of path, query, header, cookie, body, property."
A_KEY = "secrets are settings; leave it out."
A_PATH = "write one that begins with /, without a query, as in /notes/{note_id}."
A_URL = "write one with http or https and without a query, as in https://api.example.org/v1."
AN_AUTH = "write one of bearer, basic, api_key, oauth2."


def calling(http: Any, **more: Any) -> list[Declaration]:
    """Return a tool with `http`, and two arguments if nothing else is said."""
    return [{"name": "find", "arguments": {"id": STR, "q": STR}} | more | {"http": http}]


def get(**more: Any) -> Declaration:
    return {"method": "get", "path": "/notes"} | more


def post(**more: Any) -> Declaration:
    return {"method": "post", "path": "/notes"} | more


def placed(**places: Any) -> Declaration:
    return get(arguments=places)


def to(place: str, **more: Any) -> Declaration:
    return {"in": place} | more


RAW = {"type": "object", "properties": {"id": {}, "q": {}}, "required": ["q"]}

# fmt: off
APIS: list[tuple[Any, str]] = [
    ("https://a", "api: is a text; write a mapping that begins with url."),
    ([], "api: is a list; write a mapping that begins with url."),
    ({}, "api: has no url; write one, as in https://api.example.org/v1."),
    ({"base_url": "https://a"}, "api: 'base_url' is no key here; write url."),
    (API | {"token": "hunter2"}, "api: 'token' is no key here; " + A_KEY),
    (API | {"headers": {}}, "api: 'headers' is no key here; write one of url, auth."),
    ({"url": None}, "api.url: null is no such URL; " + A_URL),
    ({"url": "api.example.org"}, "api.url: 'api.example.org' is no such URL; " + A_URL),
    ({"url": "ftp://a"}, "api.url: 'ftp://a' is no such URL; " + A_URL),
    ({"url": "https://a/?b"}, "api.url: 'https://a/?b' is no such URL; " + A_URL),
    ({"url": "http://a:65536"}, "api.url: 'http://a:65536' is no such URL; " + A_URL),
    ({"url": "https://a/#b"}, "api.url: 'https://a/#b' is no such URL; " + A_URL),
    ({"url": "https://u:p@a"}, "api.url: 'https://u:p@a' is no such URL; " + A_URL),
    ({"url": "https://{region}.a"}, "api.url: 'https://{region}.a' is no such URL; " + A_URL),
    ({"url": "https://a\n"}, "api.url: 'https://a\\n' is no such URL; " + A_URL),
    ({"url": "https://a/" + "b" * 500}, f"api.url: 'https://a/{'b' * 30}'… is no such URL; " + A_URL),
    (API | {"auth": None}, "api.auth: is null; write a mapping that begins with type."),
    (API | {"auth": "bearer"}, "api.auth: is a text; write a mapping that begins with type."),
    (API | {"auth": {}}, "api.auth: has no type; " + AN_AUTH),
    (API | {"auth": {"type": "digest"}}, "api.auth.type: 'digest' is no such type; " + AN_AUTH),
    (API | {"auth": {"type": ["basic"]}}, "api.auth.type: a list is no such type; " + AN_AUTH),
    (API | {"auth": {"type": "bearer", "token": "x"}}, "api.auth: 'token' is no key here; " + A_KEY),
    (API | {"auth": {"type": "basic", "in": "header"}}, "api.auth: 'in' is no key here; write one of type."),
    (API | {"auth": {"type": "api_key"}}, "api.auth: has no in; write one of header, query, cookie."),
    (API | {"auth": {"type": "api_key", "in": "path"}}, "api.auth.in: 'path' is no place for a key; write one of header, query, cookie."),
    (API | {"auth": {"type": "api_key", "in": "header"}}, "api.auth: has no name; write one, as in X-Api-Key."),
    (API | {"auth": {"type": "api_key", "in": "query", "name": "a b"}}, "api.auth.name: 'a b' is no name of a key; write letters, digits, - and _."),
    (API | {"auth": {"type": "api_key", "in": "header", "name": "Content-Length"}}, "api.auth.name: the header Content-Length is set by the client; write another name."),
    (API | {"auth": {"type": "oauth2"}}, "api.auth: has no token_url; write one, as in https://auth.example.org/token."),
    (API | {"auth": {"type": "oauth2", "token_url": "/token"}}, "api.auth.token_url: '/token' is no such URL; " + A_URL),
    (API | {"auth": {"type": "oauth2", "token_url": "https://a", "scopes": []}}, "api.auth.scopes: is empty; write a scope, or leave it out."),
]

TOOLS: list[tuple[list[Declaration], str]] = [
    (calling("/notes"), "http: is a text; write a mapping with method and path."),
    (calling(None), "http: is null; write a mapping with method and path."),
    (calling(get(url="x")), "http: 'url' is no key here; write path, which follows the url of api."),
    (calling(get(parameters={})), "http: 'parameters' is no key here; write arguments."),
    (calling(get(retries=1)), "http: 'retries' is no key here; write one of method, path, result, body, content_type, arguments."),
    (calling({"path": "/notes"}), "http: has no method; write one of get, put, post, delete, patch, head, options."),
    (calling({"method": "get"}), "http: has no path; write one, as in path: /notes."),
    (calling(get(method="GET")), "http.method: 'GET' is no method; write one of get, put, post, delete, patch, head, options."),
    (calling(get(path="notes")), "http.path: 'notes' is no path; " + A_PATH),
    (calling(get(path=5)), "http.path: 5 is no path; " + A_PATH),
    (calling(get(path="/notes?a=b")), "http.path: '/notes?a=b' is no path; " + A_PATH),
    (calling(get(path="/{a/b}")), "http.path: '/{a/b}' is no path; " + A_PATH),
    (calling(get(path="/a\n")), "http.path: '/a\\n' is no path; " + A_PATH),
    (calling(get(path="/" + "a" * 500)), f"http.path: '/{'a' * 39}'… is no path; " + A_PATH),
    (calling(get(path="/a/../b")), "http.path: '/a/../b' has . or .. between slashes; leave them out."),
    (calling(get(path="/%2E")), "http.path: '/%2E' has . or .. between slashes; leave them out."),
    (calling(get(path="/{id}/{id}")), "http.path: '/{id}/{id}' has a name twice; give one of them another name."),
    (calling(get(path="/{note}")), "http.path: 'note' is no argument; write one of this name, or an argument with in: path and name."),
    (calling(post(body="xml")), "http.body: 'xml' is no kind of body; write one of json, form, text."),
    (calling(post(content_type="json")), "http.content_type: 'json' is no type of JSON or a text in UTF-8; write one, as in application/merge-patch+json."),
    (calling(post(content_type="text/*")), "http.content_type: 'text/*' is no type of JSON or a text in UTF-8; write one, as in application/merge-patch+json."),
    (calling(post(content_type="a/b\r\nX: y")), "http.content_type: 'a/b\\r\\nX: y' is no type of JSON or a text in UTF-8; write one, as in application/merge-patch+json."),
    (calling(post(content_type=1)), "http.content_type: 1 is no type of JSON or a text in UTF-8; write one, as in application/merge-patch+json."),
    (calling(post(content_type="text/xml; charset=latin-1")), "http.content_type: 'text/xml; charset=latin-1' is no type of JSON or a text in UTF-8; write one, as in application/merge-patch+json."),
    (calling(post(content_type="multipart/form-data")), "http.content_type: 'multipart/form-data' is no type of JSON or a text in UTF-8; write one, as in application/merge-patch+json."),
    (calling(post(path="/{id}/{q}", content_type="text/xml")), "http.content_type: no argument goes into the body; leave it out, or write in: body for one."),
    (calling(post(path="/{id}", body="form", arguments={"q": to("body")})), "http.arguments.q: a form is an object; write in: property, or an object."),
    (calling(get(content_type="text/xml")), "http.content_type: a get request has no body; leave it out."),
    (calling(post(body="form", content_type="text/xml")), "http.content_type: a form has its own; leave it out."),
    (calling(get(body="json")), "http.body: a get request has none; leave it out."),
    (calling(get(), content="image"), "http: answers with text or JSON, and not with image; write content: text or none, or a result."),
    (calling(get(result="notes")), "http.result: 'notes' is no part of the result; write a result that has it."),
    (calling(get(result="note"), result={"notes": STR}), "http.result: 'note' is no part of the result; write one of notes."),
    (calling(get(result=1), result={"notes": STR}), "http.result: 1 is no part of the result; write one of notes."),
    (calling(get(result="a"), result={"a": STR, "b": STR}), "http.result: a takes the whole answer, so nothing is left for the other parts; leave them out."),
    (calling(get(result="a"), schema={"result": RAW}), "http.result: 'a' is no part of the result; write one of id, q."),
    (calling(get(arguments=[])), "http.arguments: is a list; write names of arguments with their places."),
    (calling(placed(a=to("query"))), "http.arguments: 'a' is no argument; write one of id, q."),
    (calling(placed(a=to("query")), arguments={}), "http.arguments: 'a' is no argument; write it below arguments, too."),
    (calling(placed(q="query")), "http.arguments.q: is a text; write a mapping that begins with in."),
    (calling(placed(q={"name": "Q"})), "http.arguments.q: has no in; " + PLACES),
    (calling(placed(q={"place": "query"})), "http.arguments.q: 'place' is no key here; write in."),
    (calling(placed(q=to("form"))), "http.arguments.q.in: 'form' is no place; " + PLACES),
    (calling(placed(q=to("body"))), "http.arguments.q.in: a get request has no body; write query, header or cookie."),
    (calling(placed(q=to("property"))), "http.arguments.q.in: a get request has no body; write query, header or cookie."),
    (calling(placed(q=to("query", name=""))), "http.arguments.q.name: '' is no name; write 1 to 100 characters that can be printed."),
    (calling(post(arguments={"q": to("body", name="x")})), "http.arguments.q.name: a whole body has none; leave it out."),
    (calling(post(arguments={"q": to("property", style="form")})), "http.arguments.q.style: is for path, query, header and cookie; leave it out."),
    (calling(post(arguments={"q": to("body", explode=True)})), "http.arguments.q.explode: is for path, query, header and cookie; leave it out."),
    (calling(placed(q=to("query", style="simple"))), "http.arguments.q.style: 'simple' is no style for query; write one of form, spaceDelimited, pipeDelimited, deepObject."),
    (calling(placed(q=to("header", style="form"))), "http.arguments.q.style: 'form' is no style for header; write simple."),
    (calling(placed(q=to("query", explode="no"))), "http.arguments.q.explode: 'no' is no bool; write true or false."),
    (calling(placed(q=to("path"))), "http.arguments.q: no {q} stands in the path; write it there, or another place."),
    (calling(get(path="/{a}", arguments={"q": to("path", name="b")})), "http.arguments.q: no {b} stands in the path; write it there, or another place."),
    (calling(get(path="/{q}"), arguments={"q": {"type": "str | None"}}), "http.arguments.q: stands in the path and may be left out; write it without required: false, null and an empty default."),
    (calling(get(path="/{q}"), arguments={"q": STR | {"required": False}}), "http.arguments.q: stands in the path and may be left out; write it without required: false, null and an empty default."),
    (calling(get(path="/{q}"), arguments={"q": STR | {"default": ""}}), "http.arguments.q: stands in the path and may be left out; write it without required: false, null and an empty default."),
    ([{"name": "find", "schema": {"arguments": RAW}, "http": get(path="/{id}")}], "http.arguments.id: stands in the path and may be left out; write it without required: false, null and an empty default."),
    (calling(placed(q=to("header", name="a b"))), "http.arguments.q: 'a b' is no name of a header; write letters, digits, - and _ as its name."),
    (calling(placed(q=to("cookie", name="a;b"))), "http.arguments.q: 'a;b' is no name of a cookie; write letters, digits, - and _ as its name."),
    (calling(placed(q=to("header", name="Host"))), "http.arguments.q: the header Host is set by the client; leave the argument out."),
    (calling(placed(q=to("query", name="id"))), "http.arguments.q: goes where 'id' goes; give one of them another place."),
    (calling(placed(id=to("header", name="X"), q=to("header", name="x"))), "http.arguments.q: goes where 'id' goes; give one of them another place."),
    (calling(placed(id=to("header", name="x", explode=True), q=to("query", name="x"))), "http.arguments.q: another argument is called 'x', too, and one has a style; leave that out."),
    (calling(post(arguments={"id": to("body")})), "http.arguments.q: 'id' is in the body already, and the whole body is one argument; write another place."),
    (calling(post(arguments={"q": to("body")})), "http.arguments.q: 'id' is in the body already, and the whole body is one argument; write another place."),
    (calling(post(body="text")), "http.arguments.id: a body of text has no properties; write in: body, or another place."),
]
# fmt: on

NOTES = {"notes": {"type": "list[str]"}}
ALLOWED: list[tuple[str, Any]] = [
    ("api", None),
    ("api", API),
    ("api", {"url": "http://[::1]:8000/"}),
    *(
        ("api", API | {"auth": auth})
        for auth in (
            {"type": "bearer"},
            {"type": "basic"},
            *({"type": "api_key", "in": place, "name": "X-Key"} for place in ("header", "query")),
            {"type": "api_key", "in": "cookie", "name": "sid"},
            {"type": "oauth2", "token_url": "https://auth.example.org/token"},
            {"type": "oauth2", "token_url": "https://a", "scopes": ["pets:read", "x"]},
        )
    ),
    ("tools", calling(get())),
    ("tools", calling(get(path="/"))),
    ("tools", calling(get(path="/notes/{id}/x.{q}/%20/..."))),
    ("tools", calling(get(method="head"), content="none")),
    ("tools", calling(post(), content="text", additional=True)),
    ("tools", calling(get(result="notes"), result=NOTES)),
    ("tools", calling(get(result="id"), schema={"result": RAW})),
    ("tools", calling(get(path="/{天}", arguments={"q": to("path", name="天")}))),
    ("tools", calling(placed(id=to("header", name="X-Id"), q=to("cookie", name="q")))),
    ("tools", calling(placed(id=to("query", style="deepObject"), q=to("query", explode=False)))),
    ("tools", calling(placed(id=to("header"), q=to("query", name="id")))),
    ("tools", calling(post(arguments={"id": to("query"), "q": to("body")}))),
    ("tools", calling(post(body="form", arguments={"q": to("property", name="a b")}))),
    ("tools", calling(post(body="text", arguments={"id": to("query"), "q": to("body")}))),
    ("tools", calling(get(method="delete", arguments={"q": to("property")}))),
    (
        "tools",
        [{"name": "find", "schema": {"arguments": RAW, "result": RAW}, "http": post(path="/{q}")}],
    ),
]


def everything() -> list[tuple[str, Any, str]]:
    """Return all mistakes as answers to a question."""
    apis = [("api", answer, message) for answer, message in APIS]
    return apis + [("tools", tools, f"tools[0] find: {message}") for tools, message in TOOLS]
