"""The end of the process: on a signal, and also where a thread hangs."""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from typing import Any

logger = logging.getLogger(__name__)

stopping = threading.Event()
"""Set by a transport when it begins to stop."""


def exit_when_overdue(timeout: float) -> None:
    """End the process `timeout` seconds, at least one, and one more after a stop has begun.

    A thread that hangs would keep it: asyncio waits for those of its executor, and Python for all.
    The end of a terminal begins a stop, too, unless nohup wants the server to stay.
    """
    threading.Thread(target=_watch, args=(timeout,), name="shutdown", daemon=True).start()
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def cancel_on_signals(task: asyncio.Task[Any] | None) -> None:
    """Cancel the task that serves on SIGINT and SIGTERM; it still closes what it has opened."""
    if task is not None and sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, _stop, task)


def _stop(task: asyncio.Task[Any]) -> None:
    stopping.set()
    task.cancel()


def _watch(timeout: float) -> None:
    stopping.wait()
    # A second at least, in which calls end; another one is for what clients have to be told.
    time.sleep(max(timeout, 1) + 1)
    logger.warning("the server does not end in time: the process ends without what still runs")
    logging.shutdown()
    os._exit(0)
