"""Documents that others have made: those of oas-examples (MIT), and that of a FastAPI server."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from copier_mcp.importing.openapi.importing import import_document
from support import downloads
from support.environments import python_of
from support.rendering import ROOT

pytestmark = pytest.mark.usefixtures("_asked_once")

HERE = Path(__file__).parent
PAGE = (ROOT / "docs" / "import-openapi.md").read_text("utf-8")
DOCUMENTS = (
    "2.0/petstore", "3.0/circular", "3.0/complex-nesting", "3.0/link-example",
    "3.0/parameters-style", "3.0/petstore", "3.0/polymorphism", "3.0/uspto", "3.1/schema-types",
    "3.1/train-travel",
)  # fmt: skip
URL = "https://api.example.com"


def example(name: str, kind: str) -> str:
    version, _, document = name.partition("/")
    package = downloads.npm(HERE) / "node_modules" / "@readme" / "oas-examples"
    return str(package / version / kind / f"{document}.{kind}")


def parts(tool: dict[str, Any]) -> int:
    """Return how many schemas a tool has: arguments and a result."""
    below = tool.get("schema", {})
    return sum(part in tool or part in below for part in ("arguments", "result"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_imported(name: str) -> None:
    found = import_document(example(name, "json"), url=URL)
    tools = yaml.safe_load(found.text)["tools"]
    assert len(tools) == found.tools
    schemas = sum(map(parts, tools))
    below = sum(len(tool.get("schema", {})) for tool in tools)
    cells = (name, found.operations, found.tools, schemas, below, len(found.lost))
    assert f"| {' | '.join(map(str, cells))} |\n" in PAGE


@pytest.mark.parametrize("name", ["2.0/petstore", "3.0/complex-nesting"])
def test_a_document_is_the_same_in_yaml(name: str) -> None:
    assert import_document(example(name, "yaml"), url=URL) == import_document(
        example(name, "json"), url=URL
    )


def test_swagger_says_what_openapi_says() -> None:
    """The same shop in both versions: where they say the same, so do the tools."""
    old, new = (
        {tool["name"]: tool for tool in yaml.safe_load(found.text)["tools"]}
        for found in (
            import_document(example(f"{one}/petstore", "json"), url=URL) for one in (2.0, 3.0)
        )
    )
    assert old.keys() == new.keys()
    for name in ("updatePetWithForm", "getInventory", "placeOrder", "loginUser", "updateUser"):
        assert old[name] == new[name]


def test_the_page_adds_its_table_up() -> None:
    rows = re.findall(r"^\| [23]\.\d/[a-z-]+ \|(.*)\|$", PAGE, re.MULTILINE)
    assert len(rows) == len(DOCUMENTS)
    columns = zip(*([int(cell) for cell in row.split("|")] for row in rows), strict=True)
    assert f"| all | {' | '.join(str(sum(column)) for column in columns)} |\n" in PAGE


# FastAPI ----------------------------------------------------------------------------------------


def test_an_application_of_fastapi_is_imported(tmp_path: Path) -> None:
    python = python_of(downloads.python(HERE / "fastapi.txt"))
    made = subprocess.run([python, HERE / "bookshop.py"], capture_output=True, check=True)
    path = tmp_path / "openapi.json"
    path.write_bytes(made.stdout)
    assert json.loads(made.stdout)["openapi"].startswith("3.1.")
    found = import_document(str(path))
    answers = yaml.safe_load(found.text)
    assert answers["api"] == {
        "url": "https://books.example",
        "auth": {"type": "api_key", "in": "header", "name": "X-Key"},
    }
    tools = {tool["name"]: tool for tool in answers["tools"]}
    arguments = {name: tool["arguments"] for name, tool in tools.items()}
    assert arguments == {
        "list_books_books_get": {
            "q": {"type": "str", "required": False},
            "genre": {"type": "list[str]", "required": False, "enum": ["novel", "poems"]},
            "limit": {"type": "int", "default": 10, "ge": 1, "le": 50},
            "x-trace": {"type": "str", "required": False},
        },
        "add_book_books_post": {
            "title": {
                "type": "str",
                "description": "As on the cover.",
                "min_length": 1,
                "max_length": 200,
            },
            "genre": {"enum": ["novel", "poems"]},
            "pages": {"type": "int", "default": 100, "gt": 0},
        },
        "get_author_books__book_id__author_get": {"book_id": {"type": "int", "ge": 1}},
        "remove_book_books__book_id__delete": {"book_id": {"type": "int"}},
    }
    assert tools["list_books_books_get"]["http"] == {
        "method": "get",
        "path": "/books",
        "result": "items",
        "arguments": {"x-trace": {"in": "header"}},
    }
    author = tools["get_author_books__book_id__author_get"]
    assert author["result"] == {"name": {"type": "str"}, "born": {"type": "date"}}
    removal = tools["remove_book_books__book_id__delete"]
    assert removal["description"] == "Deprecated. Remove Book.\n\nRemove a book."
    assert removal["content"] == "none"
    assert found.lost == [
        "#/paths/~1cover/get/responses/200: refused: an answer in image/png; call it in your code."
    ]
