"""Pictures of something that flows from top to bottom: cards in rows, and arrows between them."""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict

from pictures.svg import (
    LINE,
    MARGIN,
    TEXT,
    WIDTH,
    arrow_down,
    arrow_right,
    document,
    rectangle,
    text,
    width_of,
    wrap,
)

type Tone = Literal["plain", "yours", "template", "error"]

_PADDING = 14
_BETWEEN_CARDS = 12
_BETWEEN_ROWS = 30
_BEFORE_SIDE = 26
_SIDE = 180
_ITEM, _ITEM_GAP, _ITEM_PADDING, _INDENT = 28, 5, 8, 16


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(_Text):
    """A line within a card: a name, what is said of it, and whose it is."""

    name: str
    note: str = ""
    tone: Tone = "plain"
    indent: int = 0


class Card(_Text):
    """A box: a title, sentences, lines of code, items."""

    title: str = ""
    text: str = ""
    code: str = ""
    items: tuple[Item, ...] = ()
    tone: Tone = "plain"
    # The arrow to the row below says this.
    then: str = ""


class Row(_Text):
    """Cards side by side, or a card with another at its side to which an arrow leads."""

    cards: tuple[Card, ...]
    side: Card | None = None


class Flow(_Text):
    """A whole picture."""

    title: str
    description: str
    rows: tuple[Row, ...]
    legend: dict[Tone, str] = {}


class _Box:
    """A card that has its place."""

    def __init__(self, card: Card, left: float, width: float) -> None:
        self.card, self.left, self.width, self.top = card, left, width, 0.0
        room = width - 2 * _PADDING
        self.title = wrap(card.title, room, TEXT + 2) if card.title else []
        self.lines = wrap(card.text, room)
        self.code = card.code.splitlines()
        for line in self.code:
            if width_of(f"`{line}`") > room:
                raise ValueError(f"{line} does not fit into {room:.0f} units")
        for item in card.items:
            taken = _INDENT * item.indent + width_of(f"`{item.name}` {item.note}")
            if taken + 2 * _ITEM_PADDING > room:
                raise ValueError(f"{item.name}: {item.note} does not fit into {room:.0f} units")
        self.inner = LINE * (len(self.title) + len(self.lines) + len(self.code))
        if card.items:
            self.inner += len(card.items) * (_ITEM + _ITEM_GAP) - _ITEM_GAP
        if self.title and (card.items or card.code):
            self.inner += 6
        self.height = self.inner + 2 * _PADDING

    @property
    def middle(self) -> float:
        return self.left + self.width / 2

    def shapes(self) -> Iterator[str]:
        card = self.card
        yield rectangle(self.left, self.top, self.width, self.height, card.tone, radius=8)
        x = self.left + _PADDING
        y = self.top + (_PADDING if self.card.items else (self.height - self.inner) / 2)
        for line in self.title:
            yield text(x, y + 16, line, f"title {card.tone}-ink")
            y += LINE
        for line in self.lines:
            yield text(x, y + 16, line)
            y += LINE
        if self.title and (card.items or card.code):
            y += 6
        for line in self.code:
            yield text(x, y + 15, line, "code")
            y += LINE
        for item in card.items:
            yield from self._item(item, x + _INDENT * item.indent, y)
            y += _ITEM + _ITEM_GAP

    def _item(self, item: Item, x: float, y: float) -> Iterator[str]:
        right = self.left + self.width - _PADDING
        style = "inset" if item.tone == "plain" else item.tone
        yield rectangle(x, y, right - x, _ITEM, style, radius=5)
        yield text(x + _ITEM_PADDING, y + 19, f"`{item.name}`", f"{item.tone}-ink")
        if item.note:
            yield text(right - _ITEM_PADDING, y + 19, item.note, f"{item.tone}-ink", anchor="end")


def draw(flow: Flow) -> str:
    """Return a picture.

    Raises:
        ValueError: a text does not fit into its place.
    """
    shapes: list[str] = []
    y = float(MARGIN)
    # Where one row has something at its side, all cards are in one column, and arrows in one line.
    narrow = any(row.side for row in flow.rows)
    rows = [_boxes(row, narrow=narrow) for row in flow.rows]
    for number, (boxes, side) in enumerate(rows):
        placed = [*boxes, side] if side else boxes
        height = max(box.height for box in placed)
        for box in placed:
            box.top, box.height = y, height
            shapes.extend(box.shapes())
        if side:
            right = boxes[-1].left + boxes[-1].width
            shapes.append(arrow_right(right, side.left - 2, y + height / 2))
        y += height
        if number + 1 < len(rows):
            drawn, below = _arrows(boxes, rows[number + 1][0], y)
            shapes.extend(drawn)
            y = below
    if flow.legend:
        shapes.extend(_legend(flow.legend, y + 14))
        y += 14 + LINE
    return document(flow.title, flow.description, y + MARGIN, shapes)


def _boxes(row: Row, *, narrow: bool) -> tuple[list[_Box], _Box | None]:
    room = WIDTH - 2 * MARGIN
    side = _Box(row.side, WIDTH - MARGIN - _SIDE, _SIDE) if row.side else None
    if narrow:
        room -= _SIDE + _BEFORE_SIDE
    count = len(row.cards)
    width = (room - _BETWEEN_CARDS * (count - 1)) / count
    lefts = (MARGIN + number * (width + _BETWEEN_CARDS) for number in range(count))
    return [_Box(card, left, width) for card, left in zip(row.cards, lefts, strict=True)], side


def _arrows(above: list[_Box], below: list[_Box], y: float) -> tuple[list[str], float]:
    """Return the arrows from a row to the next, and where that begins.

    They are straight: one for each card of the row that has more of them.
    """
    shapes: list[str] = []
    narrow, says = (below, above) if len(below) > len(above) else (above, above)
    ends = [box.middle for box in narrow]
    labels = [box.card.then for box in says] if len(says) == len(narrow) else _split(says[0])
    limits = [*(after - 12 for after in ends[1:]), WIDTH - MARGIN]
    wrapped = [
        wrap(label, limit - end - 12)
        for label, end, limit in zip(labels, ends, limits, strict=True)
    ]
    lines = max(map(len, wrapped))
    height = max(_BETWEEN_ROWS, LINE * lines + 18)
    for end, label in zip(ends, wrapped, strict=True):
        shapes.append(arrow_down(end, y + 3, y + height - 2))
        top = y + (height - LINE * len(label)) / 2 - 2
        shapes += [
            text(end + 12, top + 16 + LINE * number, line, "soft")
            for number, line in enumerate(label)
        ]
    return shapes, y + height


def _split(box: _Box) -> list[str]:
    """Return what the arrows from one card to several say; bars stand between."""
    return [label.strip() for label in box.card.then.split("|")]


def _legend(legend: dict[Tone, str], y: float) -> Iterator[str]:
    x = float(MARGIN)
    for tone, what in legend.items():
        yield rectangle(x, y + 3, 14, 14, tone, radius=4)
        yield text(x + 21, y + 15, what, "soft")
        x += 21 + width_of(what)
        if x > WIDTH - MARGIN:
            raise ValueError(f"the legend is too long: {what}")
        x += 18
