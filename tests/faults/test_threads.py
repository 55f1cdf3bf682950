"""Threads that hang: the process ends without them."""

import signal
import sys
import time
from collections.abc import Callable

import pytest

from support.exchange import call, connected
from support.serving import Installed, Wire
from support.watching import until

SHUTDOWN_TIMEOUT = 1
SLACK = 1.5
"""Seconds for the interpreter and a busy machine."""


def stop(wire: Wire) -> None:
    wire.process.send_signal(signal.SIGTERM)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM")
@pytest.mark.parametrize("shielded", [False, True], ids=["left", "waited for"])
@pytest.mark.parametrize("end", [Wire.end, stop], ids=["end of input", "SIGTERM"])
async def test_a_thread_that_hangs_does_not_keep_the_process(
    server: Installed, end: Callable[[Wire], None], shielded: bool
) -> None:
    async with server.over_stdio(shutdown_timeout=SHUTDOWN_TIMEOUT) as wire:
        arguments = {"seconds": 45, "steps": 2 if shielded else 1}
        wire.request("tools/call", {"name": "hang", "arguments": arguments})
        await until(lambda: b"hanging" in wire.log)
        begun = time.monotonic()
        end(wire)
        status, _ = await wire.ended()
        assert status == 0
        assert time.monotonic() - begun < SHUTDOWN_TIMEOUT + 1 + SLACK
    assert b"Traceback" not in wire.log


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM")
@pytest.mark.parametrize("shielded", [False, True], ids=["left", "waited for"])
async def test_a_thread_that_hangs_does_not_keep_the_process_over_http(
    server: Installed, era: str, shielded: bool
) -> None:
    async with (
        server.over_http(shutdown_timeout=SHUTDOWN_TIMEOUT) as listening,
        connected(listening) as (_, writer),
    ):
        writer.write(call(era, "hang", seconds=45, steps=2 if shielded else 1))
        await until(lambda: b"hanging" in listening.log)
        begun = time.monotonic()
        listening.process.terminate()
        assert await listening.process.wait() == 0
        assert time.monotonic() - begun < SHUTDOWN_TIMEOUT + 1 + SLACK
    assert b"Traceback" not in listening.log
