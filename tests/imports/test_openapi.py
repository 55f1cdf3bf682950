"""What `copier-mcp import openapi` makes of operations: small documents, and what they become."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from copier_mcp.importing.failures import UnreadableError
from copier_mcp.importing.openapi.importing import Imported, import_document
from copier_mcp.importing.writing import entry_text
from support.checking import Check

pytestmark = pytest.mark.usefixtures("_asked_once")

type Document = dict[str, Any]
type Import = Callable[..., Imported]

PET: Document = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer", "format": "int64"}, "name": {"type": "string"}},
}
GET, POST = "#/paths/~1pets/get", "#/paths/~1pets/post"
NOTHING = {"204": {"description": "Done."}}


def json_answer(schema: Document, code: str = "200", description: str = "Pets.") -> Document:
    return {code: {"description": description, "content": {"application/json": {"schema": schema}}}}


def document(paths: Document, **more: Any) -> Document:
    whole = {
        "openapi": "3.0.3",
        "info": {"title": "Pet Shop", "version": "1"},
        "servers": [{"url": "https://petshop.example/v1"}],
        "paths": paths,
        "components": {"schemas": {"Pet": PET}},
    }
    return whole | more


def one(method: str = "get", path: str = "/pets", **operation: Any) -> Document:
    given = {"operationId": "find", "responses": NOTHING} | operation
    return document({path: {method: given}})


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    """Return what makes an answers file of a document."""

    def run(whole: Document, **options: Any) -> Imported:
        path = tmp_path / "openapi.json"
        path.write_text(json.dumps(whole), "utf-8")
        return import_document(str(path), **options)

    return run


def declared(found: Imported) -> Document:
    """Return the only tool."""
    (tool,) = yaml.safe_load(found.text)["tools"]
    return dict(tool)


# The whole file ---------------------------------------------------------------------------------


def test_an_operation_becomes_a_tool(imported: Import, check: Check) -> None:
    limit = {
        "name": "limit",
        "in": "query",
        "description": "How many.",
        "schema": {"type": "integer", "maximum": 100, "default": 20},
    }
    found = imported(
        one(
            operationId="listPets",
            summary="List the pets.",
            parameters=[limit],
            responses=json_answer({"type": "array", "items": {"type": "string"}}),
        )
    )
    assert yaml.safe_load(found.text) == {
        "project_name": "Pet Shop",
        "http_client": True,
        "api": {"url": "https://petshop.example/v1"},
        "tools": [
            {
                "name": "listPets",
                "description": "List the pets.",
                "hints": ["read_only", "open_world"],
                "arguments": {
                    "limit": {"type": "int", "description": "How many.", "default": 20, "le": 100}
                },
                "result": {"items": {"type": "list[str]", "description": "Pets."}},
                "http": {"method": "get", "path": "/pets", "result": "items"},
            }
        ],
    }
    assert (found.lost, found.tools, found.operations) == ([], 1, 1)
    assert check.mistakes(yaml.safe_load(found.text)) == []


def test_a_project_without_a_usable_title_needs_a_name(imported: Import) -> None:
    found = imported(one() | {"info": {"title": "A\nB", "version": "1", "description": "C. " * 99}})
    answers = yaml.safe_load(found.text)
    assert found.text.startswith("# The server has no name for a project; write project_name.\n")
    assert answers["description"] == "C."
    assert found.lost == [
        "#/info/title: the title is no name of a project; write project_name",
        "#/info/description: the description of the API",
    ]


# Arguments --------------------------------------------------------------------------------------


def parameter(name: str, where: str = "query", **more: Any) -> Document:
    required = {"required": True} if where == "path" else {}
    return {"name": name, "in": where, "schema": {"type": "string"}} | required | more


def closed(properties: Document) -> Document:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def body(schema: Document, type_: str = "application/json", **more: Any) -> Document:
    return {"required": True, "content": {type_: {"schema": schema}}} | more


def told(kind: str, **properties: Document) -> Document:
    """Return the schema of an object that a property tells from others."""
    return {
        "type": "object",
        "properties": {"kind": {"type": "string", "enum": [kind]}} | properties,
        "required": ["kind"],
        "additionalProperties": False,
    }


TEXT: Document = {"type": "str"}
ANYTHING = {"type": "any", "required": False, "nullable": True}
OPTIONAL = TEXT | {"required": False}
NAMED: Document = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}},
}
ORDER_OPTIONAL = NAMED | {"properties": {"note": {"type": "string"}} | NAMED["properties"]}

ARGUMENTS: dict[str, tuple[str, str, Document, Document, Document]] = {
    "a path": (
        "get",
        "/pets/{petId}",
        {"parameters": [parameter("petId", "path")]},
        {"petId": TEXT},
        {},
    ),
    "a query, where a body is expected": (
        "post",
        "/pets",
        {"parameters": [parameter("q")]},
        {"q": OPTIONAL},
        {"arguments": {"q": {"in": "query"}}},
    ),
    "a header and a cookie": (
        "get",
        "/pets",
        {"parameters": [parameter("X-Trace", "header"), parameter("session", "cookie")]},
        {"X-Trace": OPTIONAL, "session": OPTIONAL},
        {"arguments": {"X-Trace": {"in": "header"}, "session": {"in": "cookie"}}},
    ),
    "properties of a body, the required ones first": (
        "post",
        "/pets",
        {"requestBody": body(ORDER_OPTIONAL)},
        {"name": TEXT, "note": OPTIONAL},
        {},
    ),
    "a body that is a list": (
        "put",
        "/pets",
        {"requestBody": body({"type": "array", "items": {"type": "string"}}, description="All.")},
        {"body": {"type": "list[str]", "description": "All."}},
        {"arguments": {"body": {"in": "body"}}},
    ),
    "a body that may be left out, but not its parts": (
        "post",
        "/pets",
        {"requestBody": body(NAMED, required=False)},
        {
            "body": {
                "fields": {"name": TEXT},
                "additional": True,
                "required": False,
            }
        },
        {"arguments": {"body": {"in": "body"}}},
    ),
    "a body that is one of several objects": (
        "post",
        "/pets",
        {
            "requestBody": body(
                {
                    "oneOf": [told("cat", lives={"type": "integer"}), told("dog")],
                    "discriminator": {"propertyName": "kind"},
                }
            )
        },
        {
            "body": {
                "tag": "kind",
                "one_of": {
                    "cat": {"fields": {"lives": {"type": "int", "required": False}}},
                    "dog": {},
                },
            }
        },
        {"arguments": {"body": {"in": "body"}}},
    ),
    "a body with a property that may be null or left out": (
        "patch",
        "/pets",
        {"requestBody": body({"properties": {"tag": {"type": "string", "nullable": True}}})},
        {"tag": {"type": "str", "required": False, "nullable": True}},
        {},
    ),
    "a body with any properties": (
        "patch",
        "/pets",
        {"requestBody": body(NAMED | {"additionalProperties": True}, required=False)},
        {"body": {"fields": {"name": TEXT}, "additional": True, "required": False}},
        {"arguments": {"body": {"in": "body"}}},
    ),
    "a body of DELETE": (
        "delete",
        "/pets",
        {"requestBody": body(NAMED)},
        {"name": TEXT},
        {"arguments": {"name": {"in": "property"}}},
    ),
    "a form": (
        "post",
        "/pets",
        {"requestBody": body(NAMED, "application/x-www-form-urlencoded", required=False)},
        {"name": TEXT},
        {"body": "form"},
    ),
    "a text": (
        "post",
        "/pets",
        {"requestBody": body({"type": "string"}, "text/plain", description="Any.")},
        {"body": TEXT | {"description": "Any."}},
        {"body": "text", "arguments": {"body": {"in": "body"}}},
    ),
    "a body of anything, null included": (
        "patch",
        "/pets",
        {"requestBody": body({"properties": {"tag": {}, "more": closed({"x": {}})}})},
        {
            "tag": ANYTHING,
            "more": {"fields": {"x": ANYTHING}, "required": False},
        },
        {},
    ),
    "JSON of a type of its own": (
        "patch",
        "/pets",
        {"requestBody": body(NAMED, "application/merge-patch+json")},
        {"name": TEXT},
        {"content_type": "application/merge-patch+json"},
    ),
    "a text of a type of its own": (
        "post",
        "/pets",
        {"requestBody": body({"type": "string"}, "text/xml; charset=utf-8")},
        {"body": {"type": "str", "description": "The body, as text/xml; charset=utf-8."}},
        {
            "body": "text",
            "content_type": "text/xml; charset=utf-8",
            "arguments": {"body": {"in": "body"}},
        },
    ),
    "one name in several places": (
        "put",
        "/pets/{id}",
        {
            "parameters": [
                parameter("id", "header"),
                parameter("id"),
                parameter("id", "path"),
            ],
            "requestBody": body({"type": "object", "properties": {"id": {"type": "integer"}}}),
        },
        {
            "id": TEXT,
            "header_id": OPTIONAL,
            "query_id": OPTIONAL,
            "body_id": {"type": "int", "required": False},
        },
        {
            "arguments": {
                "header_id": {"in": "header", "name": "id"},
                "query_id": {"in": "query", "name": "id"},
                "body_id": {"in": "property", "name": "id"},
            }
        },
    ),
    "a name that is taken by one that was made": (
        "get",
        "/pets/{id}",
        {
            "parameters": [
                parameter("id", "path"),
                parameter("id"),
                parameter("query_id"),
            ]
        },
        {"id": TEXT, "query_id": OPTIONAL, "query_query_id": OPTIONAL},
        {
            "arguments": {
                "query_id": {"in": "query", "name": "id"},
                "query_query_id": {"in": "query", "name": "query_id"},
            }
        },
    ),
    "names that no model may write": (
        "get",
        "/pets",
        {"parameters": [parameter("filter[name]"), parameter("$top"), parameter("名前")]},
        {"filter_name": OPTIONAL, "top": OPTIONAL, "value": OPTIONAL},
        {
            "arguments": {
                "filter_name": {"in": "query", "name": "filter[name]"},
                "top": {"in": "query", "name": "$top"},
                "value": {"in": "query", "name": "名前"},
            }
        },
    ),
    "styles that are not the usual ones": (
        "get",
        "/pets/{ids}",
        {
            "parameters": [
                parameter("ids", "path", style="matrix", explode=True),
                parameter("a", style="form", explode=True),
                parameter("b", style="pipeDelimited"),
                parameter("c", explode=False),
                parameter("d", "header", style="simple", explode=False),
                parameter("e", style="deepObject", explode=True),
            ]
        },
        {
            "ids": TEXT,
            "a": OPTIONAL,
            "b": OPTIONAL,
            "c": OPTIONAL,
            "d": OPTIONAL,
            "e": OPTIONAL,
        },
        {
            "arguments": {
                "ids": {"in": "path", "style": "matrix", "explode": True},
                "b": {"in": "query", "style": "pipeDelimited"},
                "c": {"in": "query", "explode": False},
                "d": {"in": "header"},
                "e": {"in": "query", "style": "deepObject", "explode": True},
            }
        },
    ),
    "what a parameter says of itself": (
        "get",
        "/pets",
        {
            "parameters": [
                parameter("a", description="An A.", deprecated=True, example="x"),
                parameter("b", required=True, schema={"type": "integer", "default": 1}),
                parameter("c", examples={"one": {"value": "y"}, "two": {"value": "z"}}),
                parameter("d", schema={"type": "string", "nullable": True}),
            ]
        },
        {
            "b": {"type": "int"},
            "a": {
                "type": "str",
                "description": "Deprecated. An A.",
                "required": False,
                "example": "x",
            },
            "c": OPTIONAL | {"example": "y"},
            "d": OPTIONAL,
        },
        {},
    ),
    "a parameter of the path that an operation says anew": (
        "get",
        "/pets/{id}",
        {"parameters": [parameter("id", "path", schema={"type": "integer"})]},
        {"id": {"type": "int"}},
        {},
    ),
    "what stands behind a #": ("get", "/pets#all", {}, {}, {}),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_and_where_they_go(name: str, imported: Import) -> None:
    method, path, operation, arguments, http = ARGUMENTS[name]
    whole = one(method, path, **operation)
    if "{id}" in path:
        whole["paths"][path]["parameters"] = [parameter("id", "path", description="Not this one.")]
    found = imported(whole)
    tool = declared(found)
    assert tool.get("arguments", {}) == arguments
    assert list(tool.get("arguments", {})) == list(arguments)
    assert tool["http"] == {"method": method, "path": path.partition("#")[0]} | http
    assert found.lost == []


@pytest.mark.parametrize("closed", [False, True])
def test_a_discriminator_says_what_tells_objects_apart(imported: Import, closed: bool) -> None:
    pet: Document = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string", "description": "What it is."}},
    }
    extra = {"additionalProperties": False} if closed else {}
    cat = pet | {"properties": pet["properties"] | {"lives": {"type": "integer"}}} | extra
    dog = {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"bark": {}}}]}
    mapping = {"tom cat": "#/components/schemas/Cat", "dog": "Dog"}
    either = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Cat", "Dog")],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    whole = one("post", requestBody=body(either))
    whole["components"] = {"schemas": {"Pet": pet, "Cat": cat, "Dog": dog}}
    about: Document = {"description": "What it is."}
    assert declared(imported(whole))["arguments"]["body"] == {
        "tag": "kind",
        "one_of": {
            "tom cat": about
            | {"fields": {"lives": {"type": "int", "required": False}}}
            | ({} if closed else {"additional": True}),
            "dog": about | {"fields": {"bark": ANYTHING}, "additional": True},
        },
    }
    mapping["puppy"] = "Dog"
    schema = declared(imported(whole))["schema"]["arguments"]
    assert schema["properties"]["body"]["oneOf"] == [
        {"$ref": "#/$defs/Cat"},
        {"$ref": "#/$defs/Dog"},
    ]


def test_a_key_that_the_server_knows_is_no_argument(imported: Import) -> None:
    key = {"type": "apiKey", "in": "header", "name": "X-Key"}
    whole = one(parameters=[parameter("X-KEY", "header"), parameter("X-Key")])
    found = imported(with_security(whole, {"key": []}, key=key))
    assert declared(found)["arguments"] == {"X-Key": OPTIONAL}
    assert found.lost == [
        "#/paths/~1pets/get/parameters/0: a parameter that is the key in api.auth"
    ]


# Results ----------------------------------------------------------------------------------------

CLOSED = PET | {"required": ["id", "name"], "additionalProperties": False}
PET_FIELDS = {"id": {"type": "int"}, "name": {"type": "str"}}

RESULTS: dict[str, tuple[Document, Document]] = {
    "an object": (json_answer(CLOSED), {"result": PET_FIELDS}),
    "an object of which fields say less": (
        json_answer({"$ref": "#/components/schemas/Pet"}),
        {
            "result": {"id": {"type": "int"}, "name": {"type": "str", "required": False}},
            "additional": ["result"],
        },
    ),
    "a list": (
        json_answer({"type": "array", "items": CLOSED}),
        {
            "result": {
                "items": {"type": "list[object]", "description": "Pets.", "fields": PET_FIELDS}
            },
            "http": {"result": "items"},
        },
    ),
    "a number": (
        json_answer({"type": "number", "description": "How many."}),
        {
            "result": {"value": {"type": "float", "description": "How many."}},
            "http": {"result": "value"},
        },
    ),
    "an object or null": (
        json_answer(CLOSED | {"nullable": True}),
        {
            "result": {
                "value": {
                    "type": "object | None",
                    "description": "Pets.",
                    "fields": PET_FIELDS,
                }
            },
            "http": {"result": "value"},
        },
    ),
    "a part that may be null or left out": (
        json_answer(
            CLOSED
            | {
                "required": ["id"],
                "properties": {"id": {}, "tag": {"type": "string", "nullable": True}},
            }
        ),
        {
            "result": {
                "id": {"type": "any"},
                "tag": {"type": "str", "required": False, "nullable": True},
            }
        },
    ),
    "the lowest code": (
        json_answer({"type": "string"}, "201") | json_answer(CLOSED, "200"),
        {"result": PET_FIELDS},
    ),
    "the lowest code with JSON": (
        NOTHING | json_answer(CLOSED, "207"),
        {"result": PET_FIELDS},
    ),
    "a range of codes": (json_answer(CLOSED, "2XX"), {"result": PET_FIELDS}),
    "all codes": (json_answer(CLOSED, "default"), {"result": PET_FIELDS}),
    "a text": (
        {"200": {"description": "CSV.", "content": {"text/csv": {}}}},
        {"content": "text"},
    ),
    "JSON of any form": (
        {"200": {"description": "Any.", "content": {"application/json": {}}}},
        {"content": "text"},
    ),
    "nothing": (NOTHING, {"content": "none"}),
    "failures alone": ({"404": {"description": "No."}}, {"content": "none"}),
    "JSON of a vendor": (
        {
            "200": {
                "description": "A pet.",
                "content": {"application/vnd.pets+json; version=1": {"schema": CLOSED}},
            }
        },
        {"result": PET_FIELDS},
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results(name: str, imported: Import) -> None:
    responses, expected = RESULTS[name]
    tool = declared(imported(one(responses=responses)))
    more = {key: tool[key] for key in tool if key not in ("name", "hints", "http")}
    http = {"method": "get", "path": "/pets"} | expected.get("http", {})
    assert more == {key: expected[key] for key in expected if key != "http"}
    assert tool["http"] == http


def test_the_answer_to_head_is_not_read(imported: Import) -> None:
    assert declared(imported(one("head", responses=json_answer(CLOSED))))["content"] == "none"


def test_a_result_that_is_too_large_is_a_text(imported: Import) -> None:
    enum = {"type": "string", "enum": [f"{number:0100}" for number in range(1000)]}
    found = imported(one(responses=json_answer({"type": "object", "properties": {"a": enum}})))
    assert declared(found)["content"] == "text"
    (said,) = found.lost
    assert said.startswith("#/paths/~1pets/get: result: the schema has 10")
    assert said.endswith(" characters of at most 100000; the tool returns the text")


# Texts, hints and names -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "description"),
    [
        ({}, None),
        ({"summary": "Find."}, "Find."),
        ({"description": "Find all."}, "Find all."),
        ({"summary": "Find", "description": "Find all."}, "Find all."),
        ({"summary": "Find.", "description": "All of them."}, "Find.\n\nAll of them."),
        ({"summary": "Find all", "description": "Of them."}, "Find all.\n\nOf them."),
        ({"summary": "Find?", "description": "All of them."}, "Find?\n\nAll of them."),
        ({"summary": "Find.", "deprecated": True}, "Deprecated. Find."),
        ({"deprecated": True}, "Deprecated."),
    ],
)
def test_descriptions(texts: Document, description: str | None, imported: Import) -> None:
    assert declared(imported(one(**texts))).get("description") == description


@pytest.mark.parametrize(
    ("method", "hints"),
    [
        ("get", ["read_only", "open_world"]),
        ("head", ["read_only", "open_world"]),
        ("post", ["open_world"]),
        ("put", ["idempotent", "open_world"]),
        ("patch", ["open_world"]),
        ("delete", ["destructive", "idempotent", "open_world"]),
    ],
)
def test_hints(method: str, hints: list[str], imported: Import) -> None:
    assert declared(imported(one(method)))["hints"] == hints


def named(imported: Import, *ids: str | None) -> list[str]:
    paths = {
        f"/pets/{index}": {"get": {"responses": NOTHING} | ({"operationId": id_} if id_ else {})}
        for index, id_ in enumerate(ids)
    }
    return [tool["name"] for tool in yaml.safe_load(imported(document(paths)).text)["tools"]]


def test_names_are_operation_ids_or_the_method_and_the_path(imported: Import) -> None:
    long = "findThePetsThatAreNeitherCatsNorDogsButHaveFourLegsAndATailAndFur"
    ids = ["listPets", "list_", "_find", "pets/find-all/", "pets.get", None, long]
    assert named(imported, *ids) == [
        "listPets",
        "list_",
        "_find",
        "pets_find-all",
        "pets_get",
        "get_pets_5",
        "findThePetsThatAreNeitherCatsNo_a5c4accf",
    ]


def test_names_that_would_be_one_in_python_are_told_apart(imported: Import) -> None:
    whole = document(
        {
            "/a": {"get": {"operationId": "listPets", "responses": NOTHING}},
            "/b": {"get": {"operationId": "list_pets", "responses": NOTHING}},
        }
    )
    found = imported(whole)
    first, second = (tool["name"] for tool in yaml.safe_load(found.text)["tools"])
    assert first.startswith("listPets_")
    assert second.startswith("list_pets_")
    assert found.lost == [
        f"#/paths/~1a/get: the name listPets, which is {first} now",
        f"#/paths/~1b/get: the name list_pets, which is {second} now",
    ]
    # Of what is chosen they do not depend.
    alone = imported(whole, include=["/a"])
    assert declared(alone)["name"] == first


# What is lost -----------------------------------------------------------------------------------

WITH_LINKS = json_answer(CLOSED)
WITH_LINKS["200"] |= {
    "links": {"next": {"operationId": "find"}},
    "headers": {"X-Total": {"schema": {"type": "integer"}}},
}
PICTURE = {"200": {"description": "It.", "content": {"image/png": {}}}}

LOST: dict[str, tuple[Document, list[str]]] = {
    "callbacks": (
        one("post", callbacks={"done": {"{$request.query.url}": {}}}),
        ["#/paths/~1pets/post/callbacks: callbacks"],
    ),
    "webhooks": (
        one() | {"openapi": "3.1.0", "webhooks": {"new": {"post": {"responses": NOTHING}}}},
        ["#/webhooks/new: a webhook"],
    ),
    "links and headers": (
        one(responses=WITH_LINKS),
        [
            "#/paths/~1pets/get/responses/200/headers: headers of an answer",
            "#/paths/~1pets/get/responses/200/links: links of an answer",
        ],
    ),
    "other answers": (
        one(responses=json_answer(CLOSED) | NOTHING),
        ["#/paths/~1pets/get/responses/204: another answer that means success"],
    ),
    "other media types": (
        one(
            "post",
            requestBody={"content": {"text/xml": {}, "application/json": {"schema": NAMED}}},
            responses={
                "200": {"description": "A.", "content": {"text/plain": {}, "application/xml": {}}}
            },
        ),
        [
            "#/paths/~1pets/post/requestBody/content/text~1xml: another media type of the body",
            (f"{POST}/responses/200/content/application~1xml: another media type of an answer"),
        ],
    ),
    "JSON of a vendor": (
        one("patch", requestBody=body(NAMED, "application/*+json")),
        [
            (
                "#/paths/~1pets/patch/requestBody/content/application~1*+json: "
                "application/*+json, which is sent as application/json"
            )
        ],
    ),
    "the parts of a body in XML": (
        one("post", requestBody=body(NAMED, "text/xml")),
        [
            (
                "#/paths/~1pets/post/requestBody/content/text~1xml/schema: the parts of a body in "
                "text/xml, which is one text"
            )
        ],
    ),
    "nothing of a body in XML of which nothing is said": (
        one("post", requestBody={"content": {"text/xml": {"schema": True}}}) | {"openapi": "3.1.0"},
        [],
    ),
    "a file that may be left out": (
        one("delete", requestBody=body(NAMED, "multipart/form-data", required=False)),
        ["#/paths/~1pets/delete/requestBody: a body in multipart/form-data"],
    ),
    "a file without which nothing would be sent": (
        one("put", requestBody={"content": {"image/png": {}}}),
        ["#/paths/~1pets/put/requestBody: refused: a body in image/png; call it in your code."],
    ),
    "a file": (
        one("post", requestBody=body(NAMED, "multipart/form-data")),
        [(f"{POST}/requestBody: refused: a body in multipart/form-data; call it in your code.")],
    ),
    "a picture": (
        one(responses=PICTURE),
        [f"{GET}/responses/200: refused: an answer in image/png; call it in your code."],
    ),
    "a body of GET": (
        one(requestBody=body(NAMED)),
        ["#/paths/~1pets/get/requestBody: the body of GET"],
    ),
    "the encoding of a form": (
        one(
            "post",
            requestBody={
                "required": True,
                "content": {
                    "application/x-www-form-urlencoded": {
                        "schema": NAMED,
                        "encoding": {"name": {"explode": False}},
                    }
                },
            },
        ),
        [
            (
                f"{POST}/requestBody/content/application~1x-www-form-urlencoded/encoding: "
                "the encoding of a body"
            )
        ],
    ),
    "a parameter with content": (
        one(
            parameters=[
                {"name": "q", "in": "query", "content": {"application/json": {"schema": NAMED}}}
            ]
        ),
        ["#/paths/~1pets/get/parameters/0: a parameter in application/json"],
    ),
    "reserved characters": (
        one(parameters=[parameter("q", allowReserved=True)]),
        ["#/paths/~1pets/get/parameters/0: allowReserved"],
    ),
    "headers that are no parameters": (
        one(parameters=[parameter("Accept", "header")]),
        ["#/paths/~1pets/get/parameters/0: the header Accept, which is not for parameters"],
    ),
    "a method": (
        document({"/pets": {"trace": {"responses": NOTHING}, "get": {"responses": NOTHING}}}),
        ["#/paths/~1pets/trace: the method TRACE"],
    ),
    "methods of 3.2": (
        document(
            {
                "/pets": {
                    "get": {"responses": NOTHING},
                    "query": {"responses": NOTHING},
                    "additionalOperations": {"COPY": {"responses": NOTHING}},
                }
            },
            openapi="3.2.0",
        ),
        [
            "#/paths/~1pets/query: the method QUERY",
            "#/paths/~1pets/additionalOperations/COPY: the method COPY",
        ],
    ),
    "a discriminator of its own": (
        one(responses=json_answer(PET | {"discriminator": {"propertyName": "name"}})),
        [
            (
                f"{GET}/responses/200/content/application~1json/schema/discriminator: a "
                "discriminator without its alternatives"
            )
        ],
    ),
    "a schema without an end": (
        one(responses=json_answer({"$ref": "#/components/schemas/A"}))
        | {"components": {"schemas": {"A": {"anyOf": [{"$ref": "#/components/schemas/A"}]}}}},
        [f"{GET}: A refers to itself without end; correct it; the tool returns the text"],
    ),
    "a schema that is itself": (
        one(responses=json_answer({"properties": {"a": {"$ref": "#/components/schemas/A"}}}))
        | {"components": {"schemas": {"A": {"$ref": "#/components/schemas/A"}}}},
        [
            "#/components/schemas/A: refers to itself without end; correct it",
            f"{GET}: A refers to itself without end; correct it; the tool returns the text",
        ],
    ),
    "schemas that are each other": (
        one(parameters=[parameter("q", schema={"$ref": "#/components/schemas/B"})])
        | {
            "openapi": "3.1.0",
            "components": {
                "schemas": {
                    "A": {"$ref": "#/components/schemas/B", "description": "B."},
                    "B": {"$ref": "#/components/schemas/A"},
                }
            },
        },
        [
            "#/components/schemas/B: refers to itself without end; correct it",
            f"{GET}: refused: B refers to itself without end; correct it, or call it in your code.",
        ],
    ),
    "a long summary": (
        one(summary="A" * 2_200_000),
        [f"{GET}: description: has 2,200,000 characters, of which the first 10,000 are kept"],
    ),
    "a keyword that no schema has so": (
        one("post", requestBody=body(PET | {"properties": {"a/b": {"multipleOf": 0}}}))
        | {"openapi": "3.1.0"},
        [
            (
                f"{POST}: refused: arguments: is no JSON Schema: #/properties/body/properties/a~1b/"
                "multipleOf: 0 is less than or equal to the minimum of 0; correct it, or call it "
                "in your code."
            )
        ],
    ),
    "a pattern": (
        one(parameters=[parameter("q", schema={"type": "string", "pattern": "(?=a)"})]),
        ["#/paths/~1pets/get: arguments: the pattern (?=a); let the handler check it"],
    ),
    "servers": (
        one() | {"servers": [{"url": "https://a.example"}, {"url": "https://b.example"}]},
        ["#/servers/1: another server"],
    ),
    "a server of its own": (
        one(servers=[{"url": "https://files.example"}]),
        [f"{GET}: refused: the operation is on another server; give it a server of its own."],
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_what_is_lost_is_said_with_its_place(name: str, imported: Import) -> None:
    whole, said = LOST[name]
    assert imported(whole).lost == said


def test_what_is_lost_in_many_places_is_one_line(imported: Import) -> None:
    paths = {f"/pets/{index}": {"get": {"responses": WITH_LINKS}} for index in range(5)}
    assert imported(document(paths)).lost == [
        "#/paths/~1pets~10/get/responses/200/headers and 4 more: headers of an answer",
        "#/paths/~1pets~10/get/responses/200/links and 4 more: links of an answer",
    ]


# Choosing ---------------------------------------------------------------------------------------

SHOP = document(
    {
        "/pets": {
            "get": {"operationId": "listPets", "tags": ["pets"], "responses": NOTHING},
            "post": {"operationId": "addPet", "tags": ["pets", "write"], "responses": NOTHING},
        },
        "/pets/{id}": {
            "parameters": [parameter("id", "path")],
            "get": {"operationId": "getPet", "tags": ["pets"], "responses": NOTHING},
            "delete": {"operationId": "deletePet", "tags": ["pets"], "responses": NOTHING},
        },
        "/orders": {"get": {"operationId": "listOrders", "responses": NOTHING}},
    }
)


@pytest.mark.parametrize(
    ("include", "exclude", "chosen"),
    [
        ([], [], ["listPets", "addPet", "getPet", "deletePet", "listOrders"]),
        (["tag:pets"], [], ["listPets", "addPet", "getPet", "deletePet"]),
        (["tag:pets"], ["method:delete", "addPet"], ["listPets", "getPet"]),
        (["/pets/*"], [], ["getPet", "deletePet"]),
        (["/pets/{id}"], [], ["getPet", "deletePet"]),
        (["list*", "getPet"], [], ["listPets", "getPet", "listOrders"]),
        (["method:GET"], ["/orders"], ["listPets", "getPet"]),
        ([], ["tag:w*"], ["listPets", "getPet", "deletePet", "listOrders"]),
    ],
)
def test_operations_are_chosen(
    include: list[str], exclude: list[str], chosen: list[str], imported: Import
) -> None:
    found = imported(SHOP, include=include, exclude=exclude)
    assert [tool["name"] for tool in yaml.safe_load(found.text)["tools"]] == chosen
    assert (found.tools, found.operations) == (len(chosen), 5)


def test_more_than_a_file_has_room_for_is_a_mistake(
    imported: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copier_mcp.importing.openapi.importing.MAX_BYTES", 500)
    with pytest.raises(
        UnreadableError, match="5 operations are more than one answers file has room"
    ):
        imported(SHOP)
    assert imported(SHOP, include=["/orders"]).tools == 1


def test_what_tools_have_in_common_is_checked_and_written_once(
    imported: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked, written = [], []
    check = Draft202012Validator.check_schema

    def counted_check(schema: Any, **options: Any) -> None:
        checked.append(repr((schema, options)))
        check(schema, **options)

    def counted_write(declared: Any, notes: Any) -> str:
        written.append(declared["name"])
        return entry_text(declared, notes)

    monkeypatch.setattr(Draft202012Validator, "check_schema", counted_check)
    monkeypatch.setattr("copier_mcp.importing.checking.entry_text", counted_write)
    schemas = {
        f"Part{number}": {
            "type": "object",
            "properties": {"next": {"$ref": f"#/components/schemas/Part{(number + 1) % 9}"}},
        }
        for number in range(9)
    }
    paths = {
        f"/a{number}": {"get": {"operationId": f"get{number}", "responses": json_answer(part)}}
        for number, part in enumerate(schemas.values())
    }
    found = imported(document(paths, components={"schemas": schemas}))
    assert found.tools == len(written) == 9
    assert len(checked) == len({*checked})


def test_a_pattern_that_matches_nothing_is_a_mistake(imported: Import) -> None:
    with pytest.raises(
        UnreadableError, match="tag:cats matches no operation; the document has tag:"
    ):
        imported(SHOP, include=["tag:cats"])


# The API ----------------------------------------------------------------------------------------


def with_security(whole: Document, *needed: Document, **schemes: Document) -> Document:
    return whole | {"security": list(needed), "components": {"securitySchemes": schemes}}


KEY = {"type": "apiKey", "in": "query", "name": "key"}
CLIENT = {"tokenUrl": "/token", "scopes": {"pets:read": "Read.", "pets:write": "Write."}}
OAUTH = {"type": "oauth2", "flows": {"clientCredentials": CLIENT}}
CODE = {
    "type": "oauth2",
    "flows": {
        "authorizationCode": {
            "authorizationUrl": "https://a.example",
            "tokenUrl": "https://b.example",
            "scopes": {},
        }
    },
}

SECURITY: dict[str, tuple[Document, Document | None, list[str]]] = {
    "a token": (
        with_security(one(), {"a": []}, a={"type": "http", "scheme": "Bearer"}),
        {"type": "bearer"},
        [],
    ),
    "a password": (
        with_security(one(), {"a": []}, a={"type": "http", "scheme": "basic"}),
        {"type": "basic"},
        [],
    ),
    "a key": (
        with_security(one(), {"a": []}, a=KEY),
        {"type": "api_key", "in": "query", "name": "key"},
        [],
    ),
    "a client of its own": (
        with_security(one(security=[{"a": ["pets:write"]}]), {"a": ["pets:read"]}, a=OAUTH),
        {
            "type": "oauth2",
            "token_url": "https://petshop.example/token",
            "scopes": ["pets:read", "pets:write"],
        },
        [],
    ),
    "one of an operation": (
        with_security(one(security=[{"a": []}]), a=KEY) | {"security": []},
        {"type": "api_key", "in": "query", "name": "key"},
        [],
    ),
    "the first that there are words for": (
        with_security(
            one(), {"code": []}, {"a": [], "b": []}, {"b": []}, code=CODE, a=KEY, b=OAUTH
        ),
        {"type": "oauth2", "token_url": "https://petshop.example/token"},
        [
            "#/components/securitySchemes/code: the security scheme oauth2 authorizationCode",
            "#/components/securitySchemes/a: the security scheme apiKey",
        ],
    ),
    "none that there are words for": (
        with_security(one(), {"code": []}, code=CODE),
        None,
        [
            "#/components/securitySchemes/code: the security scheme oauth2 authorizationCode",
            "#/paths/~1pets/get: needs code",
        ],
    ),
    "a key that no request can have": (
        with_security(one(), {"a": []}, a=KEY | {"name": "auth[token]"}),
        None,
        [
            (
                'api: {"type":"api_key","in":"query","name":"auth[token]"}; api.auth.name: '
                "'auth[token]' is no name of a key; write letters, digits, - and _."
            )
        ],
    ),
    "scopes that are none": (
        with_security(one(), {"a": ["a b"]}, a=OAUTH),
        {"type": "oauth2", "token_url": "https://petshop.example/token"},
        [
            (
                "api: [\"a b\"]; api.auth.scopes: 'a b' is no scope; write 1 to 100 letters, "
                "digits and signs, without spaces and quotes."
            )
        ],
    ),
    "none": (with_security(one(), {}, a=KEY), None, []),
    "none at all": (one(security=[]), None, []),
    "none for an operation": (
        with_security(one(security=[]), {"a": []}, a=KEY),
        {"type": "api_key", "in": "query", "name": "key"},
        ["#/paths/~1pets/get: needs no credentials; those of api.auth are sent there, too"],
    ),
    "a key or none": (
        with_security(one(security=[{}, {"a": []}]), {"a": []}, a=KEY),
        {"type": "api_key", "in": "query", "name": "key"},
        [],
    ),
}


@pytest.mark.parametrize("name", SECURITY)
def test_who_calls_the_api(name: str, imported: Import) -> None:
    whole, auth, lost = SECURITY[name]
    found = imported(whole)
    assert yaml.safe_load(found.text)["api"].get("auth") == auth
    assert found.lost == lost


@pytest.mark.parametrize(
    ("servers", "url", "expected"),
    [
        ([{"url": "https://a.example/v1/"}], None, "https://a.example/v1"),
        ([{"url": "HTTP://a.example"}], None, "http://a.example"),
        (
            [
                {
                    "url": "https://{region}.a.example/{version}",
                    "variables": {"region": {"default": "eu"}, "version": {"default": "v2"}},
                }
            ],
            None,
            "https://eu.a.example/v2",
        ),
        ([{"url": "/v1"}], "https://b.example/", "https://b.example"),
        ([], "https://b.example", "https://b.example"),
    ],
)
def test_where_the_api_is(
    servers: list[Document], url: str | None, expected: str, imported: Import
) -> None:
    found = imported(one() | {"servers": servers}, url=url)
    assert yaml.safe_load(found.text)["api"] == {"url": expected}


@pytest.mark.parametrize(
    ("servers", "url", "said"),
    [
        ([{"url": "/v1"}], None, "says of where the API is only /v1; write its URL, as in --url"),
        ([], None, "says of where the API is only /; write its URL"),
        ([{"url": "https://{a}.example"}], None, "is no URL of an API; write one with --url"),
        ([{"url": "https://a.example?q=1"}], None, "is no URL of an API"),
        ([{"url": "https://me@a.example"}], None, "is no URL of an API"),
        ([], "ftp://a.example", "--url: ftp://a.example is no URL of an API"),
        ([], "https://a b", "--url: https://a b is no URL of an API"),
    ],
)
def test_an_api_that_is_nowhere_is_a_mistake(
    servers: list[Document], url: str | None, said: str, imported: Import
) -> None:
    with pytest.raises(UnreadableError, match=re.escape(said)):
        imported(one() | {"servers": servers}, url=url)


def test_the_servers_of_all_operations_are_the_api(imported: Import) -> None:
    found = imported(one(servers=[{"url": "https://own.example"}]) | {"servers": []})
    assert yaml.safe_load(found.text)["api"] == {"url": "https://own.example"}
    assert found.lost == []
