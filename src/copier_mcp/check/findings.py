"""What `check` finds."""

from dataclasses import dataclass
from typing import Literal, NamedTuple


class Mark(NamedTuple):
    """A place in the file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A mistake, with which no render begins, a hint, or a note for who runs the server."""

    mark: Mark
    severity: Literal["error", "hint", "note"]
    message: str
