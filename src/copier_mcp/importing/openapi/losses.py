"""Collects what cannot be said, with its place; what is lost in many places is one line."""

from copier_mcp.importing.openapi.documents import Place

MAX_LINES = 3
"""What is lost more often is told once, with the first place and a number."""


class Losses:
    """What is lost, in the order in which it was found."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, None]] = {}

    def add(self, place: Place | str, what: str) -> None:
        self._found.setdefault(what, {})[str(place)] = None

    def __len__(self) -> int:
        return sum(map(len, self._found.values()))

    def lines(self) -> list[str]:
        told: list[str] = []
        for what, found in self._found.items():
            places = list(found)
            if len(places) > MAX_LINES:
                told.append(f"{places[0]} and {len(places) - 1} more: {what}")
            else:
                told += [f"{place}: {what}" for place in places]
        return told
