"""Servers made of OpenAPI documents, without a line of code: they render, and they call the API."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from copier_mcp.importing.openapi.importing import import_document
from support import checks, downloads
from support.environments import python_of
from support.rendering import ROOT, copy
from support.serving import ERAS, Installed, Wire

pytestmark = pytest.mark.usefixtures("_asked_once")

HERE = Path(__file__).parent
URL = "https://api.example.com"


@pytest.mark.parametrize("name", ["3.1/schema-types", "3.1/train-travel"])
def test_a_document_of_others_renders_to_tested_code(
    template: Path, type_cache: Path, tmp_path: Path, name: str
) -> None:
    version, _, document = name.partition("/")
    package = downloads.npm(HERE) / "node_modules" / "@readme" / "oas-examples"
    found = import_document(str(package / version / "json" / f"{document}.json"), url=URL)
    project = copy(template, tmp_path / "project", **yaml.safe_load(found.text))
    checks.check_style(project)
    checks.check_types(project, type_cache)
    checks.check_tests(project, "tests/test_declared.py", "tests/test_api_calls.py")


@asynccontextmanager
async def bookshop(python: Path) -> AsyncIterator[str]:
    """Serve the application of `bookshop.py`, and yield its address."""
    process = await asyncio.create_subprocess_exec(
        *(python, HERE / "bookshop.py", "serve"), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        port = int(await process.stdout.readline())
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.wait()


async def answer(wire: Wire, tool: str, **arguments: object) -> Any:
    """Return the structured result of a call, or the text of its error."""
    result = (await wire.tool(tool, **arguments))["result"]
    if result.get("isError"):
        return result["content"][0]["text"]
    return result.get("structuredContent")


async def test_a_server_made_of_a_document_works(template: Path, tmp_path: Path) -> None:
    python = python_of(downloads.python(HERE / "fastapi.txt"))
    printed = await asyncio.create_subprocess_exec(
        *(python, HERE / "bookshop.py"), stdout=asyncio.subprocess.PIPE
    )
    document = tmp_path / "openapi.json"
    document.write_bytes((await printed.communicate())[0])
    # It is the example of the README.
    example = (ROOT / "examples" / "bookshop.json").read_bytes()
    assert json.loads(document.read_bytes()) == json.loads(example)
    answers = yaml.safe_load(import_document(str(document)).text)
    server = Installed.make(copy(template, tmp_path / "project", **answers), tmp_path)
    books, author = "list_books_books_get", "get_author_books__book_id__author_get"
    add, remove = "add_book_books_post", "remove_book_books__book_id__delete"
    emma = {"id": 1, "title": "Emma", "genre": "novel", "pages": 100}
    sequel = {"id": 9, "title": "Emma & Söhne / 2?", "genre": "novel", "pages": 100}
    austen = {"name": "Jane Austen", "born": "1775-12-16"}
    async with bookshop(python) as url:
        settings = {"api_url": url, "http_client_allowed_networks": "127.0.0.1/32"}
        for era in ERAS:
            async with server.over_stdio(era, api_key="s3cr3t", **settings) as wire:  # type: ignore[arg-type]
                await wire.hello()
                found = await answer(wire, books, q="mm", genre=["novel", "poems"])
                sequel |= {"author": None, "sequel": None}
                assert found == {"items": [emma | {"author": austen, "sequel": sequel}]}
                assert await answer(wire, books, genre=["poems"]) == {"items": []}
                assert await answer(wire, author, book_id=1) == austen
                poems = {"title": 'Ä "b" {c}\n😀', "genre": "poems"}
                added = await answer(wire, add, **poems)
                assert poems.items() <= added.items()
                found = await answer(wire, books, q="😀", **{"x-trace": "7"})
                assert [book["id"] for book in found["items"]] == [added["id"]]
                assert "404" in await answer(wire, author, book_id=added["id"])
                assert await answer(wire, remove, book_id=added["id"]) is None
                assert "There is no book" in await answer(wire, remove, book_id=added["id"])
                assert await answer(wire, books, limit=51) == (
                    "limit: Input should be less than or equal to 50"
                )
                assert "incident" not in wire.log.decode()
        async with server.over_stdio(api_key="hunter2", **settings) as wire:  # type: ignore[arg-type]
            await wire.hello()
            refused = await answer(wire, books)
            assert "403" in refused
            assert "hunter2" not in refused + wire.log.decode()
