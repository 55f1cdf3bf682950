"""Kinds of content: which a tool can send and read, and which comes first."""

from collections.abc import Iterable
from typing import Literal

type Kind = Literal["json", "form", "text", "other"]

TEXTS = {
    "application/xml", "application/yaml", "application/x-yaml", "application/javascript",
    "application/graphql", "application/x-ndjson", "application/jsonl",
}  # fmt: skip


def kind(type_: str) -> Kind:
    """Return what a media type, or a range of them, holds."""
    name = type_.partition(";")[0].strip().lower()
    if name in ("*/*", "application/*") or name.endswith(("/json", "+json")):
        return "json"
    if name == "application/x-www-form-urlencoded":
        return "form"
    if name.startswith("text/") or name in TEXTS or name.endswith(("+xml", "+yaml")):
        return "text"
    return "other"


def is_plain_json(type_: str) -> bool:
    return type_.partition(";")[0].strip().lower() in ("application/json", "*/*", "application/*")


def is_usual(type_: str) -> bool:
    """Whether a body has this type, or one of this range, unless something else is said."""
    name, _, parameters = type_.lower().partition(";")
    is_utf8 = parameters.strip() in ("", "charset=utf-8")
    return (is_plain_json(type_) and is_utf8) or name.strip() in ("text/plain", "text/*")


def first(types: Iterable[str], *kinds: Kind) -> str | None:
    """Return the media type of the first kind of which there is one, `application/json` first."""
    listed = sorted(types, key=lambda type_: not is_plain_json(type_))
    for wanted in kinds:
        if found := next((type_ for type_ in listed if kind(type_) == wanted), None):
            return found
    return None
