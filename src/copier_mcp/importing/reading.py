"""Connects to a server as a client, and reads what it offers: all pages of all lists."""

import asyncio
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, MCPError, StdioServerParameters, stdio_client, types
from mcp.client.session import IncomingMessage
from mcp.client.streamable_http import streamable_http_client
from pydantic import ValidationError

from copier_mcp.check.verb import Progress
from copier_mcp.importing import failures
from copier_mcp.importing.failures import UnreadableError

MAX_PAGES = 1_000
"""A server whose pages never end is not read for ever."""
MAX_STDERR_BYTES = 64 * 1024
"""How much is read of what a server writes there: as much as it likes."""
CLIENT = types.Implementation(name="copier-mcp", version="0")


@dataclass(slots=True)
class _Reached:
    """How far we came with a server, for whoever waits in vain."""

    asked: str = "initialize"
    unread: Exception | None = None
    """The last that was no message: an answer that is none never comes."""
    stderr: bytes = b""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server says of itself, and what it offers."""

    info: types.Implementation | None
    instructions: str | None
    tools: Sequence[types.Tool] = ()
    resources: Sequence[types.Resource] = ()
    templates: Sequence[types.ResourceTemplate] = ()
    prompts: Sequence[types.Prompt] = ()


def read_and_tell(
    target: Sequence[str], *, token: str, seconds: float, progress: Progress
) -> Offer:
    """Read a server, and say every second how long it has taken.

    Raises:
        UnreadableError: It cannot be reached or read; the message says what to do.
    """

    async def read() -> Offer:
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(tell())
            try:
                return await read_server(target, token=token, seconds=seconds)
            except UnreadableError as error:  # By itself: the group would pack it up.
                failure = error
            finally:
                telling.cancel()
        raise failure

    async def tell() -> None:
        for second in range(round(seconds)):
            progress.show("the server", second, round(seconds))
            await asyncio.sleep(1)

    return asyncio.run(read())


async def read_server(target: Sequence[str], *, token: str, seconds: float) -> Offer:
    """Read the server at a URL, or the one that a command starts.

    Raises:
        UnreadableError: It cannot be reached or read; the message says what to do.
    """
    # What the SDK logs has tracebacks; what counts is said at the end.
    logging.getLogger("mcp").setLevel(logging.CRITICAL + 1)
    reached = _Reached()
    try:
        async with asyncio.timeout(seconds):
            if is_url(target):
                return await _read_url(target[0], token, reached)
            return await _read_command(target, reached)
    except TimeoutError as error:
        unread = _reason(reached.unread) if reached.unread else ""
        said = failures.no_time(seconds, reached.asked, unread, reached.stderr)
        raise UnreadableError(said) from error


def is_url(target: Sequence[str]) -> bool:
    return len(target) == 1 and target[0].lower().startswith(("http://", "https://"))


# HTTP -------------------------------------------------------------------------------------------


async def _read_url(url: str, token: str, reached: _Reached) -> Offer:
    if not (token.isascii() and token.isprintable()):
        raise UnreadableError(
            "the token in MCP_TOKEN has characters that no token has: copy it anew."
        )
    refusals: list[int] = []

    async def note(response: httpx2.Response) -> None:
        if response.status_code >= 400:
            refusals.append(response.status_code)

    client = httpx2.AsyncClient(
        headers={"Authorization": f"Bearer {token}"} if token else {},
        event_hooks={"response": [note]},
        timeout=httpx2.Timeout(None),
    )
    try:
        transport = streamable_http_client(url, http_client=client)
        async with client, _connected(transport, reached) as session:
            return await _read(session, reached)
    except Exception as error:
        found = _causes(error)
        lost = next((one for one in found if isinstance(one, httpx2.TransportError)), None)
        if lost is not None:
            shown, reason = failures.url_for_people(url), failures.first_line(lost)
            said = f"cannot connect to {shown}: {reason}; is the server running?"
        elif refusals:
            said = failures.status(url, refusals[-1], with_token=bool(token))
        else:
            said = _unknown(found[0])
        raise UnreadableError(said) from error


# stdio ------------------------------------------------------------------------------------------


async def _read_command(command: Sequence[str], reached: _Reached) -> Offer:
    # It gets all variables of this shell, as it would without us.
    parameters = StdioServerParameters(
        command=command[0], args=list(command[1:]), env=dict(os.environ)
    )
    try:
        return await _read_process(parameters, reached, "auto")
    except _EndedError:
        # Some servers end at a question that is newer than they are.
        try:
            return await _read_process(parameters, reached, "legacy")
        except _EndedError as error:
            raise UnreadableError(failures.ended(error.stderr)) from error


class _EndedError(Exception):
    """The server has ended."""

    def __init__(self, stderr: bytes) -> None:
        super().__init__()
        self.stderr = stderr


async def _read_process(parameters: StdioServerParameters, reached: _Reached, mode: str) -> Offer:
    with tempfile.TemporaryDirectory(prefix="copier-mcp-") as directory:
        path = Path(directory) / "stderr"
        with path.open("w") as stderr:
            try:
                transport = stdio_client(parameters, errlog=stderr)
                async with _connected(transport, reached, mode) as session:
                    return await _read(session, reached)
            except Exception as error:
                found = _causes(error)
                if any(_is_closed(one) for one in found):
                    raise _EndedError(_end_of(path)) from error
                one = found[0]
                said = (
                    failures.no_start(parameters.command, one)
                    if isinstance(one, OSError)
                    else _unknown(one)
                )
                raise UnreadableError(said) from error
            finally:
                reached.stderr = _end_of(path)


def _end_of(path: Path) -> bytes:
    """Return the end of a file, of which only the last lines are shown."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - MAX_STDERR_BYTES))
        return file.read()


def _causes(error: Exception) -> list[BaseException]:
    """Return what went wrong; task groups pack it up.

    Raises:
        UnreadableError: We know already what to say of it.
    """
    found = [*failures.leaves(error)]
    for one in found:
        if isinstance(one, UnreadableError):
            raise one from error
    return found


def _is_closed(error: BaseException) -> bool:
    return isinstance(error, MCPError) and error.code == types.CONNECTION_CLOSED


def _reason(error: Exception) -> str:
    """Return why a message cannot be read."""
    if isinstance(error, ValidationError):
        return failures.first_line(error.errors(include_input=False)[0]["msg"])
    return failures.first_line(error)


def _unknown(error: BaseException) -> str:
    line = failures.first_line(error)
    if isinstance(error, MCPError):
        return f"the server answers with an error: {line}"
    if isinstance(error, ValidationError):
        return f"an answer of the server does not follow the protocol: {line}"
    return f"the server cannot be read: {type(error).__name__}: {line}"


# Lists ------------------------------------------------------------------------------------------


@asynccontextmanager
async def _connected(
    transport: Any, reached: _Reached, mode: str = "auto"
) -> AsyncIterator[Client]:
    """Connect, and keep what was no message."""

    async def note(message: IncomingMessage) -> None:
        if isinstance(message, Exception):
            reached.unread = message

    async with Client(
        transport, mode=mode, client_info=CLIENT, cache=None, message_handler=note
    ) as session:
        yield session


async def _read(session: Client, reached: _Reached) -> Offer:
    can = session.server_capabilities

    async def pages(list_: Callable[..., Awaitable[Any]], key: str, method: str) -> list[Any]:
        reached.asked = method
        return await _pages(list_, key)

    return Offer(
        session.server_info,
        session.instructions,
        tools=await pages(session.list_tools, "tools", "tools/list") if can.tools else (),
        resources=await pages(session.list_resources, "resources", "resources/list")
        if can.resources
        else (),
        templates=await pages(
            session.list_resource_templates, "resource_templates", "resources/templates/list"
        )
        if can.resources
        else (),
        prompts=await pages(session.list_prompts, "prompts", "prompts/list") if can.prompts else (),
    )


async def _pages(list_: Callable[..., Awaitable[Any]], key: str) -> list[Any]:
    """Return what all pages of a list have."""
    found: list[Any] = []
    cursor: str | None = None
    seen: set[str | None] = set()
    while cursor not in seen and len(seen) < MAX_PAGES:
        seen.add(cursor)
        try:
            page = await list_(cursor=cursor)
        except MCPError as error:
            if error.code == types.METHOD_NOT_FOUND and not found:
                return []  # Resources without templates, for example.
            raise
        found += getattr(page, key)
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise UnreadableError(f"the server sends pages of {key.replace('_', ' ')} without end.")
