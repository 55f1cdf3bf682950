"""A server with a database, SQLite or PostgreSQL: what happens to either, and what is left."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from support import postgres
from support.exchange import Answer, ask, call, exchange, post
from support.renderer import Renderer
from support.serving import PATIENCE, Installed, Listening, Wire, with_probes

DATABASES = ("sqlite", "postgres")
WRITERS = 64
AWAY = {
    "The database is busy: try again.",
    "The database is not available: try again later.",
    "The connection was lost while saving: look whether it is saved before you try again.",
}

# Copier renders on Windows as well, but servers with a file for each test run here alone.
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="they are started with POSIX alone")


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[Any]:
    """A PostgreSQL server; `.ci/run` installs its programs where it may."""
    module = postgres.load()
    programs = module.find_programs()
    assert programs, "install PostgreSQL, for example with: apt-get install postgresql"
    server = module.PostgresServer(programs, Path(tempfile.gettempdir()))
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="module", params=DATABASES)
def installed(
    request: pytest.FixtureRequest, render: Renderer, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """A server with a database and the tools of `overlay/ledger.py`."""
    directory = tmp_path_factory.mktemp(request.param)
    rendered = render(http=True, database=request.param, example=False)
    return Installed.make(with_probes(rendered.copied_to(directory / "project")), directory)


@dataclass(frozen=True, slots=True)
class Server:
    """An installed server, and the settings with its database."""

    installed: Installed
    settings: dict[str, Any]

    @asynccontextmanager
    async def over_stdio(self, **settings: Any) -> AsyncIterator[Wire]:
        async with self.installed.over_stdio(**self.settings | settings) as wire:
            await wire.hello()
            yield wire

    @asynccontextmanager
    async def over_http(self, **settings: Any) -> AsyncIterator[Listening]:
        async with self.installed.over_http(**self.settings | settings) as listening:
            yield listening


def new_database(server: Any, options: str = "") -> str:
    """Return the address of a new database in a PostgreSQL server."""
    name = f"ledger_{uuid.uuid4().hex}"
    psql(server, f"CREATE DATABASE {name} {options}")
    return str(server.url).replace("dbname=postgres", f"dbname={name}")


def psql(server: Any, statement: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture
def server(installed: Installed, request: pytest.FixtureRequest, tmp_path: Path) -> Server:
    """A server with a new database."""
    if installed.project.answers["database"] == "sqlite":
        return Server(installed, {"database_path": tmp_path / "ledger.db"})
    url = new_database(request.getfixturevalue("postgres_server"))
    return Server(installed, {"database_url": url})


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 (what is waited for is another process)
            await asyncio.sleep(0.02)


async def totals(wire: Wire) -> dict[str, int]:
    found: dict[str, int] = (await wire.tool("totals"))["result"]["structuredContent"]
    return found


def text_of(answer: Answer) -> str | None:
    """Return what is wrong with a call, or nothing."""
    result = answer.messages[-1]["result"]
    return result["content"][0]["text"] if result.get("isError") else None


async def test_replicas_that_start_together_migrate_once_and_lose_nothing(server: Server) -> None:
    async def replica() -> dict[str, int]:
        async with server.over_stdio(database_timeout=PATIENCE) as wire:
            calls = [
                wire.request("tools/call", {"name": "enter", "arguments": {}})
                for _ in range(WRITERS // 4)
            ]
            for each in calls:
                answer = await wire.answer(each)
                assert not answer["result"].get("isError"), answer
            return await totals(wire)

    async with asyncio.TaskGroup() as group:
        replicas = [group.create_task(replica()) for _ in range(4)]
    assert {each.result()["migrations"] for each in replicas} == {1}
    async with server.over_stdio() as wire:
        assert await totals(wire) == {"counter": WRITERS, "ledger": WRITERS, "migrations": 1}


async def test_a_server_that_is_killed_in_a_transaction_leaves_nothing(server: Server) -> None:
    async with server.over_stdio() as wire:
        wire.request("tools/call", {"name": "enter", "arguments": {"seconds": 3600}})
        await until(lambda: b"written" in wire.log)
        wire.process.kill()
    async with server.over_stdio() as wire:
        assert await totals(wire) == {"counter": 0, "ledger": 0, "migrations": 1}
        await wire.tool("enter")
        assert await totals(wire) == {"counter": 1, "ledger": 1, "migrations": 1}


async def test_a_call_that_its_client_cancels_in_a_transaction_leaves_nothing(
    server: Server,
) -> None:
    async with server.over_stdio() as wire:
        for _ in range(10):
            wire.log.clear()
            held = wire.request("tools/call", {"name": "enter", "arguments": {"seconds": 3600}})
            await until(lambda: b"written" in wire.log)
            wire.notify("notifications/cancelled", {"requestId": held})
            await wire.tool("enter")
        assert await totals(wire) == {"counter": 10, "ledger": 10, "migrations": 1}
        assert b"Traceback" not in wire.log


@contextmanager
def stopped(server: Any) -> Iterator[None]:
    """Let a PostgreSQL server take no new connection; those that are open go on."""
    pid = int((server.directory / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("installed", ["postgres"], indirect=True)
async def test_a_cancelled_statement_of_a_silent_database_holds_up_nobody(
    server: Server, postgres_server: Any
) -> None:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
    name = server.settings["database_url"].partition("dbname=")[2]

    def is_waiting() -> bool:
        with psycopg.connect(postgres_server.url) as connection:
            return connection.execute(waiting, (name,)).rowcount == 1

    async with server.over_stdio() as wire:
        held = wire.request("tools/call", {"name": "enter", "arguments": {"seconds": 3600}})
        await until(lambda: b"written" in wire.log)
        behind = wire.request("tools/call", {"name": "enter", "arguments": {}})
        await until(is_waiting)
        await totals(wire)  # The third connection.
        with stopped(postgres_server):
            wire.notify("notifications/cancelled", {"requestId": behind})
            for _ in range(20):
                await asyncio.sleep(0.05)
                await totals(wire)
        wire.notify("notifications/cancelled", {"requestId": held})
        await wire.tool("enter")
        assert await totals(wire) == {"counter": 1, "ledger": 1, "migrations": 1}


@pytest.mark.parametrize("installed", ["postgres"], indirect=True)
async def test_lost_connections_that_cannot_be_replaced_keep_no_other_from_use(
    server: Server, postgres_server: Any
) -> None:
    end_five = (
        "SELECT pg_terminate_backend(pid)"
        " FROM (SELECT pid FROM pg_stat_activity WHERE datname = %s LIMIT 5) AS found"
    )
    name = server.settings["database_url"].partition("dbname=")[2]
    async with server.over_stdio(database_timeout=20, database_pool_size=8) as wire:
        # Each waits for the one before, so that all connections are open.
        calls = [
            wire.request("tools/call", {"name": "enter", "arguments": {"seconds": 0.1}})
            for _ in range(8)
        ]
        for each in calls:
            await wire.answer(each)
        with psycopg.connect(postgres_server.url) as other:
            other.execute(end_five, (name,))
        with stopped(postgres_server):
            async with asyncio.timeout(15):  # To connect may take 20 seconds.
                for _ in range(20):
                    assert (await totals(wire))["counter"] == 8


READY = post("2026-07-28", body=b"", verb="GET", target="/readyz")


async def until_ready(listening: Listening, status: int) -> None:
    while (await exchange(listening, READY)).status != status:  # noqa: ASYNC110 (the same)
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("installed", ["postgres"], indirect=True)
async def test_a_database_that_goes_away_under_load_comes_back(
    server: Server, postgres_server: Any
) -> None:
    outcomes: list[str | None] = []
    stop = asyncio.Event()

    async def work() -> None:
        while not stop.is_set():
            outcomes.append(text_of(await exchange(listening, call("2026-07-28", "enter"))))

    async with server.over_http(database_timeout=1) as listening:
        async with asyncio.timeout(2 * PATIENCE), asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(work())
            await until_ready(listening, 200)
            await asyncio.sleep(0.5)
            try:
                await asyncio.to_thread(postgres_server.stop)
                await until_ready(listening, 503)
                await until(lambda: outcomes[-1] in AWAY)
            finally:
                await asyncio.to_thread(postgres_server.start)
            await until_ready(listening, 200)
            await until(lambda: outcomes[-1] is None)
            stop.set()
        entered = await ask(listening, "totals")
    assert {*outcomes} - {None} <= AWAY
    assert entered["counter"] == entered["ledger"]
    # A call that was cut off while it committed may have been entered, though its client was told.
    done = outcomes.count(None)
    assert done <= entered["counter"] <= done + 8
    assert b"Traceback" not in listening.log


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """Mount a small file system in memory, and give it to the user that PostgreSQL runs as."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", str(directory)],
        capture_output=True,
        check=False,
    )
    try:
        if mounted.returncode != 0:
            pytest.skip("only root may mount a small disk, and in some containers nobody")
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], capture_output=True, check=False)
        directory.rmdir()


async def test_a_full_disk_is_told_and_what_fits_is_written(
    installed: Installed, request: pytest.FixtureRequest
) -> None:
    url = ""
    with small_disk("32m") as disk:
        if installed.project.answers["database"] == "sqlite":
            server = Server(installed, {"database_path": disk / "ledger.db"})
        else:
            postgres_server = request.getfixturevalue("postgres_server")
            place = disk / "tablespace"
            place.mkdir()
            shutil.chown(place, "nobody")
            psql(postgres_server, f"CREATE TABLESPACE small LOCATION '{place}'")
            url = new_database(postgres_server, "TABLESPACE small")
            server = Server(installed, {"database_url": url})
        async with server.over_http() as listening:
            entered, text = 0, None
            while text is None and entered < 64:
                # Random, so that nothing can compress it.
                data = os.urandom(500_000).hex()
                answer = await exchange(listening, call("2026-07-28", "enter", text=data))
                text = text_of(answer)
                entered += text is None
            assert text == "The database is full: nothing was saved."
            found = await ask(listening, "totals")
            assert found == {"counter": entered, "ledger": entered, "migrations": 1}
            assert b"Traceback" not in listening.log
        if url:
            psql(postgres_server, f"DROP DATABASE {url.partition('dbname=')[2]} WITH (FORCE)")
            psql(postgres_server, "DROP TABLESPACE small")


def run(*command: str | Path, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    done = subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("installed", ["sqlite"], indirect=True)
async def test_a_disk_that_is_read_only_stops_the_start_or_is_told(server: Server) -> None:
    with small_disk("8m") as disk:
        settings = server.settings | {"database_path": disk / "ledger.db"}
        async with server.over_http(**settings) as listening:
            await ask(listening, "enter")
        remount = ("mount", "-o", "remount,ro", str(disk))
        assert (await asyncio.to_thread(run, *remount))[0] == 0
        async with server.over_http(**settings) as listening:
            answer = await exchange(listening, call("2026-07-28", "enter"))
            assert text_of(answer) == "The database is not available: try again later."
            assert (await ask(listening, "totals"))["ledger"] == 1, "reading goes on"
            assert b"Traceback" not in listening.log
        environment = server.installed.environment(
            **settings | {"database_path": disk / "other" / "ledger.db"}
        )
        status, out, err = await asyncio.to_thread(run, server.installed.command, env=environment)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert "cannot start: the database " in line
    assert "Read-only file system" in line
