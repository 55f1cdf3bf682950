"""An application of FastAPI: it prints the OpenAPI document that it makes of itself, or serves."""

import json
import socket
import sys
from datetime import date
from enum import StrEnum
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Path, Query, Response
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict, Field


class Genre(StrEnum):
    NOVEL = "novel"
    POEMS = "poems"


class Author(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    born: date


class NewBook(BaseModel):
    title: Annotated[str, Field(min_length=1, max_length=200, description="As on the cover.")]
    genre: Genre
    pages: Annotated[int, Field(gt=0)] = 100


class Book(NewBook):
    id: int
    author: Author | None = None
    sequel: "Book | None" = None


books = {
    1: Book(
        id=1,
        title="Emma",
        genre=Genre.NOVEL,
        author=Author(name="Jane Austen", born=date(1775, 12, 16)),
        sequel=Book(id=9, title="Emma & Söhne / 2?", genre=Genre.NOVEL),
    )
}


def check_key(key: Annotated[str, Depends(APIKeyHeader(name="X-Key"))]) -> None:
    if key != "s3cr3t":
        raise HTTPException(403, f"The key {key} opens nothing.")


def find(book_id: int) -> Book:
    if book_id not in books:
        raise HTTPException(404, f"There is no book {book_id}.")
    return books[book_id]


app = FastAPI(
    title="Bookshop", servers=[{"url": "https://books.example"}], dependencies=[Depends(check_key)]
)


@app.get("/books", tags=["books"])
def list_books(
    q: str | None = None,
    genre: Annotated[list[Genre] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    x_trace: Annotated[str | None, Header()] = None,
) -> list[Book]:
    """Find books."""
    if x_trace:
        print(f"trace {x_trace}", file=sys.stderr)
    found = [
        book
        for book in books.values()
        if (q is None or q in book.title) and (genre is None or book.genre in genre)
    ]
    return found[:limit]


@app.post("/books", tags=["books"], status_code=201)
def add_book(book: NewBook) -> Book:
    """Add a book."""
    number = max(books, default=0) + 1
    books[number] = Book(id=number, **book.model_dump())
    return books[number]


@app.get("/books/{book_id}/author", tags=["books"])
def get_author(book_id: Annotated[int, Path(ge=1)]) -> Author:
    author = find(book_id).author
    if author is None:
        raise HTTPException(404, "Nobody knows who wrote it.")
    return author


@app.delete("/books/{book_id}", status_code=204, deprecated=True)
def remove_book(book_id: int) -> None:
    """Remove a book."""
    del books[find(book_id).id]


@app.get("/cover", response_class=Response, responses={200: {"content": {"image/png": {}}}})
def cover() -> Response:
    raise NotImplementedError


if sys.argv[1:] == ["serve"]:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
else:
    print(json.dumps(app.openapi()))
