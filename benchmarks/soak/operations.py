"""What clients do, rightly and wrongly, and what has to come of it."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from mcp import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolResult,
    EmptyResult,
    PromptReference,
    SubscribeRequest,
    SubscribeRequestParams,
    TextResourceContents,
    UnsubscribeRequest,
    UnsubscribeRequestParams,
)

from benchmarks.soak.clients import Guest
from support.serving import PATIENCE

type Operation = Callable[[Guest], Awaitable[None]]

CHANCE = random.Random(7)  # noqa: S311 (the same every time)

_numbers = itertools.count(1)


async def tool(guest: Guest, name: str, **arguments: object) -> CallToolResult:
    """Call a tool."""
    return await guest.client.call_tool(name, arguments)


async def structured(guest: Guest, name: str, **arguments: object) -> Mapping[str, object]:
    """Call a tool and return what it answers if it succeeds."""
    result = await tool(guest, name, **arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    answer: Mapping[str, object] = result.structured_content
    return answer


async def count_words(guest: Guest) -> None:
    """Make the call whose latency is measured."""
    answer = await structured(guest, "count_words", files=["haiku.md", "notes/plan.txt"])
    assert answer["total_words"] == 13, answer


async def search_files(guest: Guest) -> None:
    answer = await structured(guest, "search_files", query="frog", glob="*.md")
    assert answer["searched"] == 1, answer


async def ask_wrongly(guest: Guest) -> None:
    arguments: dict[str, object] = CHANCE.choice([{}, {"files": []}, {"files": ["../secret.txt"]}])
    result = await tool(guest, "count_words", **arguments)
    assert result.is_error, result


async def ask_for_what_is_not_there(guest: Guest) -> None:
    for request in (
        guest.client.call_tool("no_such_tool", {}),
        guest.client.read_resource("file:///no/such/file"),
        guest.client.get_prompt("no_such_prompt"),
    ):
        await _refused(request, INVALID_PARAMS)


async def make_it_fail(guest: Guest) -> None:
    await _refused(tool(guest, "fail", text="a secret"), INTERNAL_ERROR)
    result = await tool(guest, "refuse", text="not so")
    assert result.is_error, result


async def _refused(request: Awaitable[object], code: int) -> None:
    try:
        answer = await request
    except MCPError as error:
        found = error.error
    else:
        raise AssertionError(f"no error, but {answer}")
    assert found.code == code, found
    assert "secret" not in found.message, found


async def list_everything(guest: Guest) -> None:
    assert "wait" in {one.name for one in (await guest.client.list_tools()).tools}
    assert (await guest.client.list_resource_templates()).resource_templates
    assert (await guest.client.list_prompts()).prompts


async def read_resources(guest: Guest) -> None:
    listed = {one.name: one.uri for one in (await guest.client.list_resources()).resources}
    (content,) = (await guest.client.read_resource(listed["haiku.md"])).contents
    assert isinstance(content, TextResourceContents)
    assert content.text.startswith("An old silent pond"), content


async def write_prompt(guest: Guest) -> None:
    reference = PromptReference(name="summarise_file")
    found = await guest.client.complete(reference, {"name": "file", "value": "hai"})
    assert found.completion.values == ["haiku.md"], found
    prompt = await guest.client.get_prompt("summarise_file", {"file": "haiku.md"})
    assert len(prompt.messages) == 2, prompt


async def answer_large(guest: Guest) -> None:
    size = CHANCE.randrange(300_000)
    assert await structured(guest, "answer_large", size=size) == {"text": "x" * size}


async def wait_for_progress(guest: Guest) -> None:
    reports: list[tuple[float, float | None, str | None]] = []

    async def report(progress: float, total: float | None, message: str | None) -> None:
        reports.append((progress, total, message))

    arguments = {"seconds": 0.05, "steps": 5}
    await guest.client.call_tool("wait", arguments, progress_callback=report)
    assert reports == [(step, 5, None) for step in range(1, 6)], reports


async def cancel(guest: Guest) -> None:
    """Cancel a call that has begun."""
    begun = asyncio.Event()

    async def report(*_: object, **__: object) -> None:
        begun.set()

    # Without a session nothing leads to a call of 2025-11-25: it goes on to its end.
    arguments = {"seconds": 1, "steps": 20}
    call = asyncio.create_task(guest.client.call_tool("wait", arguments, progress_callback=report))
    await begun.wait()
    call.cancel()
    with suppress(asyncio.CancelledError):
        await call


async def talk_nonsense(guest: Guest) -> None:
    """Send a line that is no message."""
    assert guest.wire
    guest.tally.nonsense += 1
    guest.wire.send(b"hello")
    await guest.wire.outgoing.drain()


async def confirm(guest: Guest) -> None:
    """Have a user asked before a tool runs."""
    text = f"é {next(_numbers)}"
    result = await tool(guest, "echo", text=text)
    if guest.connected or guest.era == "2026-07-28":
        assert result.structured_content == {"text": text}, result
    else:
        assert result.is_error, result


async def follow(guest: Guest) -> None:
    """Hear that a resource has changed."""
    uri = f"soak:{next(_numbers)}"
    if guest.era == "2026-07-28":
        async with guest.client.listen(resource_subscriptions=[uri]) as subscription:
            await structured(guest, "announce", text=uri)
            async with asyncio.timeout(PATIENCE):
                async for event in subscription:
                    assert getattr(event, "uri", None) == uri, event
                    return
        raise AssertionError("the subscription ended")
    # The client's own methods for it warn that later protocols have another way.
    send = guest.client.session.send_request
    await send(SubscribeRequest(params=SubscribeRequestParams(uri=uri)), EmptyResult)
    async with asyncio.timeout(PATIENCE):
        while uri not in guest.heard:  # The stream over which it hears may not be there yet.
            await structured(guest, "announce", text=uri)
            await asyncio.sleep(0.05)
    await send(UnsubscribeRequest(params=UnsubscribeRequestParams(uri=uri)), EmptyResult)
    guest.heard.discard(uri)


async def leak(guest: Guest) -> None:
    """Let the server lose something: planted, to see that it is found."""
    await structured(guest, "leak")


_ALWAYS: Mapping[Operation, int] = {
    count_words: 6,
    search_files: 1,
    ask_wrongly: 1,
    ask_for_what_is_not_there: 1,
    make_it_fail: 1,
    list_everything: 1,
    read_resources: 1,
    write_prompt: 1,
    answer_large: 1,
    wait_for_progress: 1,
    cancel: 1,
    confirm: 1,
}


def operations_of(guest: Guest, *, leaking: bool) -> Mapping[Operation, int]:
    """Return what a guest can do, and how often in relation."""
    possible = dict(_ALWAYS)
    if guest.wire is not None:
        possible[talk_nonsense] = 1
    if guest.connected or guest.era == "2026-07-28":
        possible[follow] = 1
    if leaking:
        possible[leak] = 6
    return possible
