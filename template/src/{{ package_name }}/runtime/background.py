"""Work that goes on in the background, and ends with the server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskGroup

from .errors import internal_error


@asynccontextmanager
async def background_tasks() -> AsyncIterator[TaskGroup]:
    """Yield a group whose tasks are cancelled at the end, after what was opened later has closed.

    The group is anyio's, because those of asyncio cannot be cancelled as a whole.
    """
    async with anyio.create_task_group() as tasks:
        yield tasks
        tasks.cancel_scope.cancel()


async def logged(work: Callable[[], Awaitable[None]]) -> None:
    """Do work that no client waits for, and log its failure."""
    try:
        await work()
    except Exception as error:
        internal_error("background work", error)
