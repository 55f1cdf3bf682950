"""The tools that the alternatives offer: `add`, which is called, and look-alikes around it.

The rendered server offers the same ones, see `overlay.py`; a change here belongs there too.
"""

import sys
from typing import Annotated, Literal

from pydantic import BaseModel, Field

NAME = "Bench Server"
VERSION = "0.1.0"

ADD_DESCRIPTION = "Add two numbers and answer with their sum."
SEARCH_DESCRIPTION = "Find the entries of one collection that contain every word of the query."

A = Annotated[int, Field(description="The first number.")]
B = Annotated[int, Field(description="The second number, which is not negative.", ge=0)]
Query = Annotated[str, Field(description="Words to look for.", min_length=1, max_length=200)]
Limit = Annotated[int, Field(description="How many entries to answer with.", ge=1, le=100)]
Sort = Annotated[
    Literal["newest", "oldest", "relevance"], Field(description="Which entries come first.")
]
Label = Annotated[str | None, Field(description="Only entries with this label.")]


class AddResult(BaseModel):
    """What `add` answers."""

    sum: int = Field(description="The sum of both numbers.")


class SearchResult(BaseModel):
    """What a look-alike answers."""

    entries: list[str] = Field(description="The entries that match, best first.")
    total: int = Field(description="How many entries match in all.")


def search_names(tools: int) -> list[str]:
    """The names of the look-alikes of a server with so many tools."""
    return [f"search_collection_{number:04}" for number in range(1, tools)]


def command_line() -> tuple[int, int | None]:
    """Read how many tools to offer and the port to serve HTTP on, none for stdio."""
    tools, *port = (int(argument) for argument in sys.argv[1:])
    return tools, port[0] if port else None
