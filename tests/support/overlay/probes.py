"""Tools that do what handlers do on a bad day: wait, fail, write to standard output."""

import asyncio
import logging
import os
import subprocess
import sys
import time
from typing import Any, Final

import anyio
import anyio.to_thread
from mcp.types import InputRequiredResult
from pydantic import Field

from ..lifespan import Context
from ..runtime import Model, Tool, ToolError

logger = logging.getLogger(__name__)


class WaitArguments(Model):
    """How long to wait, in how many steps."""

    seconds: float = Field(ge=0, le=3600)
    steps: int = Field(default=1, ge=1, le=1000)
    text: str = ""


class Waited(Model):
    """How many steps it took."""

    steps: int


class Nothing(Model):
    """Nothing."""


class Waiting(Model):
    """The calls that wait, and those that were cancelled."""

    running: int
    cancelled: int


class Size(Model):
    """How much."""

    size: int = Field(ge=0, le=100_000_000)


class Text(Model):
    """A text."""

    text: str


class Row(Model):
    """A row of a table."""

    name: str
    size: int
    price: float
    tags: list[str]


class Rows(Model):
    """Tables in some of the ways to write them."""

    rows: list[Row] = Field(default=[])
    by_name: dict[str, Row] = Field(default={})
    numbers: list[int] = Field(default=[])
    mixed: list[int | str | bool | None] = Field(default=[])


class Count(Model):
    """How many there are."""

    count: int


_running = 0
_cancelled = 0
_leaked: list[tuple[asyncio.Task[None], int, bytes]] = []


async def wait(arguments: WaitArguments, context: Context) -> Waited:
    """Wait, and report the progress after each step."""
    global _running, _cancelled
    _running += 1
    try:
        for step in range(1, arguments.steps + 1):
            await asyncio.sleep(arguments.seconds / arguments.steps)
            await context.session.report_progress(step, arguments.steps)
    except asyncio.CancelledError:
        _cancelled += 1
        raise
    finally:
        _running -= 1
    return Waited(steps=arguments.steps)


async def waiting(arguments: Nothing, context: Context) -> Waiting:
    """Tell how many calls of `wait` are running, and how many were cancelled."""
    return Waiting(running=_running, cancelled=_cancelled)


async def run_child(arguments: WaitArguments, context: Context) -> Text:
    """Run a child process that waits and then writes to its standard output, which is ours."""
    code = f"import time; time.sleep({arguments.seconds}); print('from a child')"
    async with await anyio.open_process(
        [sys.executable, "-c", code], stdin=None, stdout=None
    ) as child:
        await child.wait()
    return Text(text=f"exit {child.returncode}")


async def hang(arguments: WaitArguments, context: Context) -> Nothing:
    """Wait in threads that nobody can stop, and for one of them even when cancelled."""
    logger.info("hanging")
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(time.sleep, arguments.seconds))
        if arguments.steps > 1:
            await anyio.to_thread.run_sync(time.sleep, arguments.seconds)
    return Nothing()


async def count_rows(arguments: Rows, context: Context) -> Count:
    """Tell how many rows there are."""
    return Count(count=len(arguments.rows) + len(arguments.by_name))


async def print_out(arguments: Text, context: Context) -> Nothing:
    """Write to standard output in every way that there is."""
    print(arguments.text)  # noqa: T201 (that is what it is for)
    sys.stdout.write(arguments.text)
    sys.stdout.flush()
    os.write(1, arguments.text.encode())
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", f"print({arguments.text!r})"])
    return Nothing()


async def answer_large(arguments: Size, context: Context) -> Text:
    """Answer with so many characters."""
    return Text(text="x" * arguments.size)


async def fail(arguments: Text, context: Context) -> Nothing:
    """Fail with a text that is nobody else's business."""
    raise RuntimeError(arguments.text)


async def refuse(arguments: Text, context: Context) -> Nothing:
    """Fail with a text for the model."""
    raise ToolError(arguments.text)


async def record(arguments: Text, context: Context) -> Text:
    """Write to the log that it was called, and answer the same."""
    logger.info("recorded %s", arguments.text)
    return arguments


async def record_if_confirmed(arguments: Text, context: Context) -> Text:
    """Do the same, if the user agrees."""
    return await record(arguments, context)


async def remember(arguments: Text, context: Context) -> Text | InputRequiredResult:
    """Ask to be called again, and answer what the first call was given."""
    if (state := (context.params or {}).get("requestState")) is None:
        return InputRequiredResult(request_state=arguments.text)
    return Text(text=state)


async def tasks(arguments: Nothing, context: Context) -> Count:
    """Tell how many tasks there are, this call among them."""
    return Count(count=len(asyncio.all_tasks()))


async def leak(arguments: Nothing, context: Context) -> Count:
    """Leave behind a task, an open file and memory."""
    forever = asyncio.create_task(asyncio.sleep(3600))
    _leaked.append((forever, os.open(os.devnull, os.O_RDONLY), os.urandom(4_000_000)))
    return Count(count=len(_leaked))


PROBES: Final[tuple[Tool[Any, Any], ...]] = tuple(
    Tool(
        name=handler.__name__,
        description=str(handler.__doc__),
        arguments=arguments,
        result=result,
        handler=handler,
        confirm="Shall it be written down?" if handler is record_if_confirmed else None,
        time_limit=3600,
    )
    for handler, arguments, result in (
        (wait, WaitArguments, Waited),
        (waiting, Nothing, Waiting),
        (run_child, WaitArguments, Text),
        (hang, WaitArguments, Nothing),
        (count_rows, Rows, Count),
        (print_out, Text, Nothing),
        (answer_large, Size, Text),
        (fail, Text, Nothing),
        (refuse, Text, Nothing),
        (record, Text, Text),
        (record_if_confirmed, Text, Text),
        (remember, Text, Text),
        (tasks, Nothing, Count),
        (leak, Nothing, Count),
    )
)
