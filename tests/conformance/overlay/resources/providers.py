"""The providers: async functions that read resources."""

import base64
import json
from collections.abc import Sequence

from ..lifespan import Context
from ..tools.handlers import PIXEL


async def static_text(context: Context) -> str:
    """Return a text."""
    return "This is the content of the static text resource."


async def static_binary(context: Context) -> bytes:
    """Return an image."""
    return base64.b64decode(PIXEL)


async def watched(context: Context) -> str:
    """Return what one can subscribe to."""
    return "This is watched."


async def template_data(context: Context, id: str) -> str:  # noqa: A002 (the suite names it)
    """Return data about an id."""
    data = {"id": id, "templateTest": True, "data": f"Data for ID: {id}"}
    return json.dumps(data, separators=(",", ":"))


async def complete_id(context: Context, value: str) -> Sequence[str]:
    """Return the ids that begin so."""
    return [known for known in ("123", "124", "456") if known.startswith(value)]
