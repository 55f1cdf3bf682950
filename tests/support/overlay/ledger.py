"""Tools of a server with a database: a counter, and a ledger of what it has counted."""

import asyncio
import logging
from typing import Any, Final

from pydantic import Field

from ..lifespan import Context
from ..runtime import Model, Tool

logger = logging.getLogger(__name__)


class Amount(Model):
    """What is entered, and for how long the call waits before it is done."""

    text: str = ""
    seconds: float = Field(default=0, ge=0)


class Nothing(Model):
    """Nothing."""


class Totals(Model):
    """The counter, the entries of the ledger, and how many migrations were applied."""

    counter: int
    ledger: int
    migrations: int


async def enter(arguments: Amount, context: Context) -> Nothing:
    """Count, and enter it into the ledger."""
    async with context.lifespan_context.database.transaction() as connection:
        await connection.execute("UPDATE counter SET value = value + 1")
        await connection.execute("INSERT INTO ledger (data) VALUES (?)", (arguments.text,))
        if arguments.seconds:
            logger.info("written")
            await asyncio.sleep(arguments.seconds)
    return Nothing()


async def totals(arguments: Nothing, context: Context) -> Totals:
    """Read what was counted and entered."""
    async with context.lifespan_context.database.snapshot() as connection:
        cursor = await connection.execute(
            "SELECT value AS counter, (SELECT count(*) FROM ledger) AS ledger,"
            " (SELECT count(*) FROM schema_migrations) AS migrations FROM counter"
        )
        (row,) = await cursor.fetchall()
    return Totals.model_validate(dict(row))


PROBES: Final[tuple[Tool[Any, Any], ...]] = (
    Tool(
        name="enter",
        description=str(enter.__doc__),
        arguments=Amount,
        result=Nothing,
        handler=enter,
    ),
    Tool(
        name="totals",
        description=str(totals.__doc__),
        arguments=Nothing,
        result=Totals,
        handler=totals,
    ),
)
