"""An application of FastAPI, which prints the OpenAPI document that it makes of itself."""

import json
from datetime import date
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Path, Query, Response
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


key = APIKeyHeader(name="X-Key")
app = FastAPI(
    title="Bookshop", servers=[{"url": "https://books.example"}], dependencies=[Depends(key)]
)


@app.get("/books", tags=["books"])
def list_books(
    q: str | None = None,
    genre: Annotated[list[Genre] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    x_trace: Annotated[str | None, Header()] = None,
) -> list[Book]:
    """Find books."""
    raise NotImplementedError(q, genre, limit, x_trace)


@app.post("/books", tags=["books"], status_code=201)
def add_book(book: NewBook) -> Book:
    """Add a book."""
    raise NotImplementedError(book)


@app.get("/books/{book_id}/author", tags=["books"])
def get_author(book_id: Annotated[int, Path(ge=1)]) -> Author:
    raise NotImplementedError(book_id)


@app.delete("/books/{book_id}", status_code=204, deprecated=True)
def remove_book(book_id: int) -> None:
    """Remove a book."""
    raise NotImplementedError(book_id)


@app.get("/cover", response_class=Response, responses={200: {"content": {"image/png": {}}}})
def cover() -> Response:
    raise NotImplementedError


if __name__ == "__main__":
    print(json.dumps(app.openapi()))
