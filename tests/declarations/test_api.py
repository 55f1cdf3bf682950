"""Tools that call an API: what goes with what, and servers that are declared so."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from copier._main import Worker

from support import api_calls, checks, fuzzing
from support.api_refusals import API, calling, get, placed, post, to
from support.declared import answers_of
from support.environments import run_module
from support.rendering import ROOT, Project, copy

PETS = ROOT / "examples" / "pets.yml"
AUTHS: dict[str, dict[str, Any]] = {
    "bearer": {"type": "bearer"},
    "basic": {"type": "basic"},
    "header": {"type": "api_key", "in": "header", "name": "X-Api-Key"},
    "query": {"type": "api_key", "in": "query", "name": "key"},
    "cookie": {"type": "api_key", "in": "cookie", "name": "sid"},
    "oauth2": {
        "type": "oauth2",
        "token_url": "https://auth.example.org/token",
        "scopes": ["pets:read", "https://example.org/scopes/that-are-long/and-have-paths/of-parts"],
    },
}


@pytest.fixture(scope="module")
def worker(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Worker:
    destination = tmp_path_factory.mktemp("api")
    return Worker(
        src_path=str(template), dst_path=destination, defaults=True, quiet=True, unsafe=False
    )


# What goes with what ----------------------------------------------------------------------------

IDLE = "tools[0] find: http: nothing would be called; pass http_client: true and api with the list"


@pytest.mark.quick
@pytest.mark.parametrize("answers", [{}, {"http_client": True}, {"http_client": True, "api": None}])
def test_calls_of_no_api_are_refused(worker: Worker, answers: dict[str, Any]) -> None:
    worker.data = {"project_name": "Harbour Log", "tools": calling(get())} | answers
    with pytest.raises(ValueError, match=re.escape(f"question 'tools': {IDLE}")):
        worker._ask()
    worker.data |= {"http_client": "yes", "api": API}
    worker._ask()


@pytest.mark.quick
def test_an_api_needs_the_client(worker: Worker) -> None:
    worker.data = {"project_name": "Harbour Log", "api": API}
    with pytest.raises(ValueError, match="with the HTTP client; write http_client: true, too"):
        worker._ask()


@pytest.mark.quick
@pytest.mark.parametrize("place", ["header", "query", "cookie"])
def test_an_argument_in_the_place_of_the_key_is_refused(worker: Worker, place: str) -> None:
    auth = {"type": "api_key", "in": place, "name": "Key"}
    tools = calling(placed(id=to(place, name="Id"), q=to(place, name="Key")))
    answers = {"project_name": "Harbour Log", "http_client": True, "tools": tools}
    worker.data = answers | {"api": API | {"auth": auth}}
    refused = "tools[0] find: http.arguments.q: goes where the key of api.auth goes; leave"
    with pytest.raises(ValueError, match=re.escape(refused)):
        worker._ask()
    worker.data["api"] = API | {"auth": auth | {"name": "Other"}}
    worker._ask()


# Handlers that one likes to read ----------------------------------------------------------------


def handler(template: Path, path: Path, **tool: Any) -> str:
    """Return the body of the handler of a tool, without its docstring."""
    tools = [{"name": "find", "arguments": {"id": {"type": "str"}}} | tool]
    answers = {"project_name": "Harbour Log", "http_client": True, "api": API, "tools": tools}
    project = copy(template, path, **answers)
    source = (project.package / "tools" / "handlers.py").read_text("utf-8")
    body = re.search(r'tool\."""\n(.*?)\n\n\n# endregion find', source, re.DOTALL)
    assert body is not None
    return "\n".join(line.removeprefix("    ") for line in body[1].splitlines())


REQUEST = "await context.lifespan_context.api.request("
RAW = {"type": "object", "properties": {"id": {}, "a b": {}}, "required": ["id"]}
OR_NULL = {"required": False, "nullable": True}
HANDLERS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing is read": (
        {"http": get(), "content": "none"},
        f'{REQUEST}"GET", "/notes", query={{"id": arguments.id}})',
    ),
    "an empty result": (
        {"http": get()},
        f'{REQUEST}"GET", "/notes", query={{"id": arguments.id}})\nreturn schemas.FindResult()',
    ),
    "any object": (
        {"http": get(), "additional": ["result"]},
        (
            f'answer = {REQUEST}"GET", "/notes", query={{"id": arguments.id}})\n'
            "return answer.json(schemas.FindResult)"
        ),
    ),
    "a text": (
        {"http": get(path="/{id}"), "content": "text"},
        f'answer = {REQUEST}"GET", "/{{id}}", path={{"id": arguments.id}})\nreturn answer.text',
    ),
    "one part of the result": (
        {"http": post(result="a") | {"method": "patch"}, "result": {"a": {"type": "str"}}},
        (
            f'answer = {REQUEST}\n    "PATCH", "/notes", json={{"id": arguments.id}}\n)\n'
            'return answer.json(schemas.FindResult, field="a")'
        ),
    ),
    "a whole body": (
        {"http": post(arguments={"id": to("body")}), "content": "none"},
        f'{REQUEST}"POST", "/notes", body=arguments.id)',
    ),
    "a form": (
        {"http": post(body="form"), "content": "none"},
        f'{REQUEST}"POST", "/notes", form={{"id": arguments.id}})',
    ),
    "more arguments": (
        {"http": get(), "content": "none", "additional": True},
        (
            f'{REQUEST}\n    "GET", "/notes", query={{**(arguments.model_extra or {{}}), '
            '"id": arguments.id}\n)'
        ),
    ),
    "more properties of a body": (
        {"http": post(), "content": "none", "additional": True},
        (f'{REQUEST}\n    "POST", "/notes", body=arguments.model_pick("id", additional=True)\n)'),
    ),
    "a body of more properties alone": (
        {"http": post(), "arguments": {}, "content": "none", "additional": True},
        f'{REQUEST}\n    "POST", "/notes", body=arguments.model_pick(additional=True)\n)',
    ),
    "more arguments beside a whole body": (
        {"http": post(arguments={"id": to("body")}), "content": "none", "additional": True},
        (
            f'{REQUEST}\n    "POST", "/notes", query={{**(arguments.model_extra or {{}})}}, '
            "body=arguments.id\n)"
        ),
    ),
    "a style": (
        {"http": placed(id=to("query", style="deepObject")), "content": "none"},
        (
            f'{REQUEST}\n    "GET", "/notes", query={{"id": arguments.id}}, '
            'styles={"id": "deepObject*"}\n)'
        ),
    ),
    "raw schemas": (
        {"schema": {"arguments": RAW, "result": RAW}, "arguments": None, "http": get()},
        (
            f'answer = {REQUEST}\n    "GET", "/notes", query={{"id": arguments.root["id"], '
            '"a b": arguments.root.get("a b")}\n)\nreturn answer.json(schemas.FindResult)'
        ),
    ),
    "raw properties of a body": (
        {
            "schema": {"arguments": RAW},
            "arguments": None,
            "content": "none",
            "http": post(path="/{id}", arguments={"a b": to("property", name="c")}),
        },
        (
            f'{REQUEST}\n    "POST",\n    "/{{id}}",\n    path={{"id": arguments.root["id"]}},\n'
            '    body=arguments.pick("a b", names={"a b": "c"}),  # find\n)'
        ),
    ),
    "properties that may be null or left out": (
        {"http": post(arguments={"from": to("property", name="c")}), "content": "none"}
        | {"arguments": {"id": {"type": "str"}, "from": {"type": "str"} | OR_NULL}},
        (
            f'{REQUEST}\n    "POST", "/notes", '
            'body=arguments.model_pick("id", "from_", names={"from_": "c"})\n)'
        ),
    ),
    "such properties, and more arguments": (
        {"http": post(path="/{id}"), "content": "none", "additional": True}
        | {"arguments": {"id": {"type": "str"}, "b": {"type": "str"} | OR_NULL}},
        (
            f'{REQUEST}\n    "POST", "/{{id}}", path={{"id": arguments.id}}, '
            'body=arguments.model_pick("b", additional=True)\n)'
        ),
    ),
    "what may be null or left out elsewhere": (
        {"http": post(body="form"), "content": "none"}
        | {"arguments": {"b": {"type": "str"} | OR_NULL}},
        f'{REQUEST}"POST", "/notes", form={{"b": arguments.b}})',
    ),
    "a body of another type": (
        {
            "http": post(body="text", content_type="text/xml", arguments={"q": to("body")}),
            "arguments": {"q": {"type": "str"}},
            "content": "none",
        },
        f'{REQUEST}\n    "POST", "/notes", text=arguments.q, content_type="text/xml"\n)',
    ),
    "raw properties of a form": (
        {
            "schema": {"arguments": RAW},
            "arguments": None,
            "content": "none",
            "http": post(path="/{id}", body="form"),
        },
        (
            f'{REQUEST}\n    "POST", "/{{id}}", path={{"id": arguments.root["id"]}}, '
            'form={"a b": arguments.root.get("a b")}\n)'
        ),
    ),
    "many places": (
        {
            "arguments": {name: {"type": "str"} for name in ("id", "orderId", "trace", "sid")},
            "http": post(
                path="/{id}", arguments={"trace": to("header", name="X"), "sid": to("cookie")}
            ),
        },
        f"""{REQUEST}
    "POST",
    "/{{id}}",
    path={{"id": arguments.id}},
    headers={{"X": arguments.trace}},  # find
    cookies={{"sid": arguments.sid}},
    json={{"orderId": arguments.order_id}},
)
return schemas.FindResult()""",
    ),
}


@pytest.mark.parametrize(("tool", "expected"), HANDLERS.values(), ids=HANDLERS)
def test_a_handler_is_as_one_would_write_it(
    template: Path, tmp_path: Path, tool: dict[str, Any], expected: str
) -> None:
    tool = {key: value for key, value in tool.items() if value is not None}
    if "schema" in tool:
        with_raw = [{"name": "find"} | tool]
        answers = {"project_name": "A", "http_client": True, "api": API, "tools": with_raw}
        source = copy(template, tmp_path / "project", **answers).package / "tools/handlers.py"
        indented = "\n".join(f"    {line}" for line in expected.splitlines())
        assert indented in source.read_text("utf-8")
    else:
        assert handler(template, tmp_path / "project", **tool) == expected


# That the rendered tests notice ------------------------------------------------------------------

ORDER = {
    "name": {"type": "str", "description": "What."},
    "tags": {"type": "list[str]", "description": "What.", "min_length": 2, "example": ["a", "b"]},
    "limit": {"type": "int | None", "description": "How many."},
    "trace": {"type": "str", "description": "What."},
}
PLACES = {
    "tags": to("query", style="pipeDelimited", explode=False),
    "limit": to("query"),
    "trace": to("header", name="X-Trace"),
}
EDITS: dict[str, tuple[tuple[str, str], str]] = {
    "another_method": (('"POST"', '"PUT"'), "method"),
    "another_path": (('"/notes"', '"/note"'), "path"),
    "another_name": (('"limit": ', '"most": '), "query"),
    "no_argument": ((', "limit": arguments.limit', ""), "query"),
    "another_style": (('"pipeDelimited"', '"form"'), "query"),
    "another_header": (('"X-Trace"', '"X-Id"'), "headers"),
    "another_cookie": (("headers=", "cookies="), "cookies"),
    "another_value": (("arguments.name", "arguments.name.upper()"), "body"),
    "another_body": (("json=", "form="), "body"),
    "no_request": (("    await context", "    return\n    await context"), ""),
    "the_same": (('"X-Trace"', '"x-trace"'), ""),
}


def test_a_request_that_an_owner_has_changed_fails_the_rendered_tests(
    template: Path, tmp_path: Path
) -> None:
    tools = [
        {"name": name, "arguments": ORDER, "content": "none", "http": post(arguments=PLACES)}
        for name in EDITS
    ]
    answers = {"project_name": "Harbour Log", "http_client": True, "api": API, "tools": tools}
    project = copy(template, tmp_path / "project", **answers)
    handlers = project.package / "tools" / "handlers.py"
    parts = re.split(r"(?=^# region )", handlers.read_text("utf-8"), flags=re.MULTILINE)
    for number, part in enumerate(parts[1:], 1):
        old, new = EDITS[part.split()[2]][0]
        assert old in part
        parts[number] = part.replace(old, new, 1)
    handlers.write_text("".join(parts), "utf-8")
    arguments = ("-q", "tests/test_api_calls.py", "-k", "2026")
    said = run_module(project, "pytest", *arguments).stdout
    failures = re.split(r"^_+ test_a_declared_tool_calls_the_api", said, flags=re.MULTILINE)[1:]
    for name, (_, part) in EDITS.items():
        failure = next((text for text in failures if f"-{name}]" in text.splitlines()[0]), "")
        assert bool(failure) == (name != "the_same"), said
        assert not failure or "CHANGED_BY_HAND" in failure
        assert f"{{'{part}':" in failure or not part, failure
    by_hand = project.path / "tests" / "test_declared.py"
    empty = "CHANGED_BY_HAND: set[str] = set()"
    source = by_hand.read_text("utf-8")
    assert empty in source
    by_hand.write_text(source.replace(empty, f"CHANGED_BY_HAND = {set(EDITS) - {'the_same'}!r}"))
    checks.check_tests(project, "tests/test_api_calls.py")


def test_odd_raw_schemas_have_tests_that_end(template: Path, tmp_path: Path) -> None:
    # By the module `re` this search would not end, and the example of a node has no end.
    word = {"type": "string", "pattern": "^(a+)+$", "examples": ["a" * 60 + "!"]}
    part = {"type": "object", "properties": {"word": word}, "required": ["word"]}
    tool = {"name": "find", "schema": {"arguments": part, "result": part}, "http": get()}
    node = {"properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["next"]}
    odd = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "tree": {"$ref": "#/$defs/node"}},
        "required": ["name", "unknown"],
        "$defs": {"node": node},
    }
    others = {"name": "list", "schema": {"arguments": odd}, "content": "none", "http": post()}
    answers = {"http_client": True, "api": API, "tools": [tool, others]}
    project = copy(template, tmp_path / "project", project_name="Harbour Log", **answers)
    checks.check_style(project)
    said = run_module(project, "pytest", "-q", "tests/test_api_calls.py").stdout
    assert "2 passed" in said, said


# Every place, style and kind of credentials -----------------------------------------------------

STYLES = [
    *((place, style, explode) for place, styles in {
        "path": ("simple", "label", "matrix"),
        "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
        "header": ("simple",),
        "cookie": ("form",),
    }.items() for style in styles for explode in (False, True)),
]  # fmt: skip


def all_places() -> list[dict[str, Any]]:
    """Return a tool for each place, style and kind of body, with long names among them."""
    long = "aNameThatIsLongEnoughToBreakLines"
    kinds = {"one": "str", "several": "list[str]", "more": "dict[str, int]", long: "str"}
    arguments = {
        name: {"type": kind, "description": "What.", "min_length": 1}
        for name, kind in kinds.items()
    }
    data = {"data": {"type": "bytes", "description": "What."}}
    http: dict[str, Any] = {"method": "post", "path": "/d"}
    tools = [{"name": "post_bytes", "arguments": data, "result": data, "http": http}]
    for place, style, explode in STYLES:
        where = {
            name: {"in": place, "name": f"X-{name}", "style": style, "explode": explode}
            for name in arguments
        }
        path = "/" + "/".join(f"{{X-{name}}}" for name in arguments) if place == "path" else "/a"
        tools.append(
            {
                "name": f"{place}_{style.lower()}_{explode}",
                "arguments": arguments,
                "content": "text",
                "http": {"method": "get", "path": path, "arguments": where},
            }
        )
    for method, body in (("post", "json"), ("put", "form"), ("patch", "json"), ("delete", "json")):
        http = {"method": method, "path": "/b", "body": body}
        tools.append({"name": f"{method}_{body}", "arguments": arguments, "http": http})
        whole = {"pet": {"type": "object", "fields": {"name": {"type": "str"}}}}
        http = http | {"arguments": {"pet": {"in": "body"}}}
        tools.append({"name": f"{method}_whole_{body}", "arguments": whole, "http": http})
    told = {"tag": "@kind", "one_of": {"cat": {"fields": {"petName": {"type": "str"}}}, "dog": {}}}
    pets = {"pet": told, "others": told | {"type": "list[object]", "min_length": 1}}
    for name, method in (("one", "patch"), ("open", "put"), ("gone", "delete")):
        patch = {key: one | OR_NULL for key, one in (arguments | whole).items()}
        places = {"several": {"in": "property", "name": "odd name"}}
        http = {"method": method, "path": "/e", "arguments": places}
        more = {"additional": ["arguments"]} if name == "open" else {}
        tool = {"name": f"patch_{name}", "arguments": patch, "result": patch, "http": http}
        tools.append(tool | more)
    typed = {
        "price": {"type": "decimal", "description": "What."},
        "pause": {"type": "duration", "description": "What.", "default": "P800D"},
        "pauses": {"type": "list[duration]", "description": "What.", "default": ["P400DT1H"]},
        "day": {"type": "date | None", "description": "What."},
        "state": {"enum": ["open", None], "description": "Which."},
        "word": {"type": "str | None", "description": "What.", "pattern": "^[a-z]{9}$"},
    }
    for place in ("query", "header", "property"):
        where = {name: {"in": place, "name": f"X-{name}"} for name in typed}
        http = {"method": "post", "path": "/e", "arguments": where}
        tools.append({"name": f"{place}_typed", "arguments": typed, "http": http})
    http = {"method": "post", "path": "/f", "body": "form"}
    tools.append(
        {"name": "any_more", "arguments": typed, "additional": ["arguments"], "http": http}
    )
    http = {"method": "post", "path": "/c"}
    tools.append({"name": "post_one_of_several", "arguments": pets, "result": pets, "http": http})
    return tools


def test_every_place_and_style_renders_tested_code(
    template: Path, type_cache: Path, tmp_path: Path
) -> None:
    answers = {"project_name": "Harbour Log", "http_client": True, "api": API}
    project = copy(template, tmp_path / "project", **answers, tools=all_places())
    check(project, type_cache)
    checks.check_tests(project, "tests/test_api_calls.py", "tests/test_declared.py")
    of_types = ("tests/runtime/test_api.py", "tests/runtime/test_tools.py")
    checks.check_tests(project, *of_types, "-k", "durations or decimal")


def check(project: Project, type_cache: Path) -> None:
    checks.check_tree(project)
    checks.check_layout(project)
    checks.check_no_leftovers(project)
    checks.check_style(project)
    checks.check_types(project, type_cache)


@pytest.mark.parametrize("auth", AUTHS)
def test_every_kind_of_credentials_renders_tested_code(
    template: Path, type_cache: Path, tmp_path: Path, auth: str
) -> None:
    answers = answers_of(PETS)
    answers["api"]["auth"] = AUTHS[auth]
    project = copy(template, tmp_path / "project", **answers)
    check(project, type_cache)
    # The rest is the same for all of them, and runs with the example.
    about_it = ("-k", "test_settings or secret or password or token or alone")
    checks.check_tests(project, "tests/runtime/test_api.py", "tests/test_settings.py", *about_it)


@pytest.mark.parametrize(
    "others",
    [
        {"tools": None, "example": True, "http": True},
        {"tools": [], "database": "sqlite", "interactive": True},
    ],
    ids=["without tools", "with an empty list"],
)
def test_an_api_may_come_without_tools(
    template: Path, type_cache: Path, tmp_path: Path, others: dict[str, Any]
) -> None:
    answers = {"project_name": "Harbour Log", "http_client": True, "api": API} | others
    project = copy(template, tmp_path / "project", **answers)
    check(project, type_cache)
    recorded = yaml.safe_load((project.path / checks.ANSWERS_FILE).read_bytes())
    assert recorded["api"] == API
    checks.check_tests(project, "-x", *checks.QUICK_TESTS, "tests/runtime/test_api.py")


# What is sent -----------------------------------------------------------------------------------

SENDING = """
import json
from pathlib import Path

from conftest import settings_in
from mcp import Client
from runtime.api import Reply, fake_api

from harbour_log.server import build_server

HERE = Path(__file__).parent
CASES = json.loads((HERE / "cases.json").read_text("utf-8"))


async def test_what_is_sent(tmp_path: Path) -> None:
    errors = []
    async with fake_api(Reply(status=204)) as api:
        settings = settings_in(tmp_path).model_copy(update=api.settings | SECRETS)
        async with Client(build_server(settings)) as client:
            for name, arguments in CASES:
                result = await client.call_tool(name, arguments)
                errors += [f"{name}: {result.content}"] if result.is_error else []
    assert errors == []
    sent = [[one.method, one.target, one.headers, one.body.decode()] for one in api.requests]
    (HERE / "sent.json").write_text(json.dumps(sent), "utf-8")
"""
KEYS = {
    "basic": "{'api_user': 'Ann', 'api_password': SecretStr('s/1')}",
    "query": "{'api_key': SecretStr('s/1')}",
    "cookie": "{'api_key': SecretStr('s/1')}",
}
OWN_HEADERS = {
    "accept", "accept-encoding", "connection", "content-length", "content-type", "cookie", "host",
    "user-agent",
}  # fmt: skip


@pytest.mark.parametrize("auth", KEYS)
def test_requests_are_what_rfc_6570_and_openapi_say(
    template: Path, tmp_path: Path, auth: str
) -> None:
    cases = fuzzing.some(api_calls.calls(), 40)
    for number, (tool, _) in enumerate(cases):
        tool["name"] = f"find_{number}"
    api = API | {"auth": AUTHS[auth]}
    answers = {"http_client": True, "api": api, "tools": [tool for tool, _ in cases]}
    project = copy(template, tmp_path / "project", project_name="Harbour Log", **answers)
    called = [(tool["name"], values) for tool, values in cases]
    tests = project.path / "tests"
    (tests / "cases.json").write_text(json.dumps(called), "utf-8")
    secrets = f"from pydantic import SecretStr\nSECRETS = {KEYS[auth]}\n"
    (tests / "test_sent.py").write_text(secrets + SENDING, "utf-8")
    checks.check_tests(
        project, "tests/test_sent.py", "tests/test_api_calls.py", "-k", "sent or 2026"
    )
    sent = json.loads((tests / "sent.json").read_text("utf-8"))
    for (tool, values), request in zip(cases, sent, strict=True):
        check_request(request, tool, values, auth)


def check_request(
    request: tuple[str, str, list[tuple[str, str]], str],
    tool: dict[str, Any],
    values: dict[str, Any],
    auth: str,
) -> None:
    """Check that a request is what an independent reading of the declaration says."""
    method, target, headers, body = request
    expected = api_calls.request(tool, values)
    path, _, query = target.partition("?")
    found = {name.lower(): value for name, value in headers}
    key = {auth: [f"{AUTHS[auth].get('name')}=s%2F1"]}
    assert method == tool["http"]["method"].upper()
    assert path == f"/v1{expected['path']}", tool
    assert query == "&".join(expected["query"] + key.get("query", [])), tool
    cookies = "; ".join(expected["cookie"] + key.get("cookie", []))
    assert found.get("cookie", "") == cookies, tool
    told = {name.lower(): value for name, value in expected["header"].items()}
    told |= {"authorization": "Basic QW5uOnMvMQ=="} if auth == "basic" else {}
    assert {name: found[name] for name in found if name not in OWN_HEADERS} == told, tool
    if expected["body"] is None:
        assert (body, found.get("content-type")) == ("", None), tool
    elif tool["http"]["body"] == "form":
        assert body == "&".join(expected["body"]), tool
        assert found["content-type"] == "application/x-www-form-urlencoded", tool
    else:
        assert json.loads(body) == expected["body"], tool
        assert found["content-type"] == tool["http"].get("content_type", "application/json"), tool


def test_a_mocked_api_is_not_asked(template: Path, tmp_path: Path) -> None:
    project = copy(template, tmp_path / "project", **answers_of(PETS))
    test = """
from mcp import Client
from pet_shop.server import build_server
from conftest import settings_in


async def test_mocked(tmp_path):
    settings = settings_in(tmp_path).model_copy(update={"mock": True})
    async with Client(build_server(settings)) as client:
        result = await client.call_tool("show_pet", {"pet_id": 7})
    assert result.structured_content == {"id": 7, "name": "Rex", "born": "2026-01-31"}
    assert result.meta["mock"] is True
"""
    (project.path / "tests" / "test_mocked.py").write_text(test, "utf-8")
    checks.check_tests(project, "tests/test_mocked.py")
