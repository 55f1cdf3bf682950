"""A whole conversation with a server, the same for every client that is written in Python.

The scripts beside this one adapt a client to `Client`. Each is run in the environment of its
client, with a list of what it is to connect to as JSON in its argument, and prints what it saw of
each.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

PATIENCE = 60

type Connect = Callable[[dict[str, Any]], AbstractAsyncContextManager[Client]]


class Model(Protocol):
    """A result, as every version of the SDK has it."""

    def model_dump(self, *, mode: str, by_alias: bool, exclude_none: bool) -> dict[str, Any]: ...


class Progress(Protocol):
    """What is called with the progress of a call."""

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None: ...


class Client(Protocol):
    """What the conversation needs of a client."""

    @property
    def errors(self) -> type[Exception]:
        """What the client raises for an error of the protocol, which is its `error`."""

    @property
    def revision(self) -> str: ...

    async def list_tools(self) -> Model: ...
    async def list_resources(self) -> Model: ...
    async def list_resource_templates(self) -> Model: ...
    async def list_prompts(self) -> Model: ...
    async def call_tool(
        self, name: str, arguments: dict[str, Any], progress: Progress | None = None
    ) -> Model: ...
    async def tell_cancelled(self) -> None:
        """Cancel the only request without an answer, if that is more than to stop waiting."""

    async def read_resource(self, uri: str) -> Model: ...
    async def get_prompt(self, name: str, arguments: dict[str, str]) -> Model: ...
    async def complete(self, prompt: str, argument: dict[str, str]) -> Model: ...


def run(connect: Connect) -> None:
    """Hold the conversation with one server after the other, and print what was seen."""

    async def converse(target: dict[str, Any]) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE), connect(target) as client:
            return await _conversation(client, cancels=target["cancels"])

    async def converse_all() -> list[dict[str, Any]]:
        return [await converse(target) for target in json.loads(sys.argv[1])]

    print(json.dumps(asyncio.run(converse_all())))


async def _conversation(client: Client, *, cancels: bool) -> dict[str, Any]:
    prompt = client.get_prompt("summarise_file", {"file": "haiku.md"})
    completion = client.complete("summarise_file", {"name": "file", "value": "ha"})
    return {
        "revision": client.revision,
        "tools": _each("name", (await _seen(client.list_tools()))["tools"]),
        "resources": _each("uri", (await _seen(client.list_resources()))["resources"]),
        "templates": _each(
            "uriTemplate", (await _seen(client.list_resource_templates()))["resourceTemplates"]
        ),
        "prompts": _each("name", (await _seen(client.list_prompts()))["prompts"]),
        "call": await _result(client.call_tool("count_words", {"files": ["haiku.md"]})),
        "invalid call": await _result(client.call_tool("count_words", {"files": "haiku.md"})),
        "unknown tool": await _error(client, client.call_tool("no_such_tool", {})),
        "progress": await _progress(client),
        "cancellation": await _cancellation(client, cancels=cancels),
        "resource": (await _seen(client.read_resource("workspace://summary")))["contents"],
        "unknown resource": await _error(client, client.read_resource("workspace://nothing")),
        "prompt": (await _seen(prompt))["messages"],
        "completion": (await _seen(completion))["completion"]["values"],
    }


async def _seen(result: Awaitable[Model]) -> dict[str, Any]:
    return (await result).model_dump(mode="json", by_alias=True, exclude_none=True)


def _each(key: str, entries: list[dict[str, Any]]) -> list[str]:
    return [entry[key] for entry in entries]


async def _result(call: Awaitable[Model]) -> dict[str, Any]:
    result = await _seen(call)
    return {key: result.get(key) for key in ("content", "structuredContent", "isError")}


async def _error(client: Client, answer: Awaitable[Model]) -> dict[str, Any]:
    try:
        await answer
    except client.errors as problem:
        error: Model = vars(problem)["error"]
        return error.model_dump(mode="json", by_alias=True, exclude_none=True)
    raise AssertionError("that should have been an error")


async def _progress(client: Client) -> list[list[float | None]]:
    steps: list[list[float | None]] = []
    all_came = asyncio.Event()

    async def reported(progress: float, total: float | None, message: str | None) -> None:
        del message
        steps.append([progress, total])
        if progress == total:
            all_came.set()

    await client.call_tool("wait", {"seconds": 0.03, "steps": 3}, reported)
    # Some clients report it in a task of its own, which may come after the answer.
    await all_came.wait()
    return steps


async def _cancellation(client: Client, *, cancels: bool) -> dict[str, int]:
    """Cancel a call that would take an hour; return what the server says of it before and after.

    Where the server cannot hear of it, the call is left to itself.
    """
    before = await _waiting(client, running=0)
    async with asyncio.TaskGroup() as group:
        call = group.create_task(client.call_tool("wait", {"seconds": 3600}))
        during = await _waiting(client, running=1)
        await client.tell_cancelled()
        call.cancel()
    after = await _waiting(client, running=0) if cancels else during
    return {
        "running before": during["running"],
        "running after": after["running"],
        "cancelled": after["cancelled"] - before["cancelled"],
    }


async def _waiting(client: Client, *, running: int) -> dict[str, int]:
    """Return what `waiting` counts, once so many calls are running."""
    while True:
        result = await _seen(client.call_tool("waiting", {}))
        counts: dict[str, int] = result["structuredContent"]
        if counts["running"] == running:
            return counts
        await asyncio.sleep(0.02)
