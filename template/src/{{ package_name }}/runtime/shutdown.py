"""What ends with the server: work in the background, and the process, also where a thread hangs."""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskGroup

from .errors import internal_error

logger = logging.getLogger(__name__)

stopping = threading.Event()
"""Set by a transport when it begins to stop."""


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


def exit_when_overdue(timeout: float) -> None:
    """End the process `max(timeout, 1) + 1` seconds after a stop has begun.

    A thread that hangs would keep it: asyncio waits for those of its executor, and Python for all.
    The end of a terminal begins a stop, too, unless nohup wants the server to stay.
    """
    threading.Thread(target=_watch, args=(timeout,), name="shutdown", daemon=True).start()
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def cancel_on_signals() -> None:
    """Cancel the current task on SIGINT and SIGTERM; it still closes what it has opened."""
    task = asyncio.current_task()
    if task is None or sys.platform == "win32":
        return

    def stop() -> None:
        stopping.set()
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _watch(timeout: float) -> None:
    stopping.wait()
    # A second at least, in which calls end; another one is for what clients have to be told.
    time.sleep(max(timeout, 1) + 1)
    logger.warning("the server does not end in time: the process ends without what still runs")
    time.sleep(0.1)  # For the thread that writes the log.
    os._exit(0)
