"""What `copier-mcp import openapi` makes of operations: small documents, and what they become."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from copier_mcp.importing.failures import UnreadableError
from copier_mcp.importing.openapi.importing import Imported, import_document
from support.checking import Check

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("_asked_once")]

type Document = dict[str, Any]

PET: Document = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer", "format": "int64"}, "name": {"type": "string"}},
}
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
def imported(tmp_path: Path, check: Check) -> Callable[..., Imported]:
    """Return what makes an answers file of a document, and sees that the check accepts it."""

    def run(whole: Document, **options: Any) -> Imported:
        path = tmp_path / "openapi.json"
        path.write_text(json.dumps(whole), "utf-8")
        found = import_document(str(path), **options)
        answers = without_http(yaml.safe_load(found.text))
        assert check.mistakes({"project_name": "A"} | answers) == []
        return found

    return run


def without_http(answers: Document) -> Document:
    """Return answers without what the check does not know yet."""
    tools = [{key: tool[key] for key in tool if key != "http"} for tool in answers["tools"]]
    return {key: answers[key] for key in answers if key != "api"} | {"tools": tools}


def declared(found: Imported) -> Document:
    """Return the only tool."""
    (tool,) = yaml.safe_load(found.text)["tools"]
    return dict(tool)


# The whole file -----------------------------------------------------------------------------------


def test_an_operation_becomes_a_tool(imported: Callable[..., Imported]) -> None:
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


def test_a_document_that_is_none_is_refused(imported: Callable[..., Imported]) -> None:
    with pytest.raises(
        UnreadableError, match=r"openapi.json: is no valid OpenAPI document: #/info"
    ):
        imported(document({}, info={"title": "A"}))
