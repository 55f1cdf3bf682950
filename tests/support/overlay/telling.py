"""Tools that need a client which can be asked and told: in interactive projects only."""

from typing import Any, Final

from ..lifespan import Context
from ..runtime import Tool
from .probes import Nothing, Text


async def announce(arguments: Text, context: Context) -> Nothing:
    """Tell whoever has subscribed to it that a resource has changed."""
    await context.lifespan_context.updates.resource_updated(arguments.text)
    return Nothing()


async def echo(arguments: Text, context: Context) -> Text:
    """Return the text, if the user confirms it."""
    return arguments


PROBES: Final[tuple[Tool[Any, Any], ...]] = (
    Tool(
        name="announce",
        description=str(announce.__doc__),
        arguments=Text,
        result=Nothing,
        handler=announce,
    ),
    Tool(
        name="echo",
        description=str(echo.__doc__),
        arguments=Text,
        result=Text,
        handler=echo,
        confirm="Really?",
    ),
)
