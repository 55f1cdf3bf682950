"""The client of the Python SDK 1.x, the last of which negotiates 2025-11-25."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from conversation import Model, Progress, run
from mcp import ClientSession, McpError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import (
    CancelledNotification,
    CancelledNotificationParams,
    ClientNotification,
    PromptReference,
)
from pydantic import AnyUrl


class Adapted:
    """A session, as the conversation needs it."""

    errors = McpError

    def __init__(self, session: ClientSession, revision: str) -> None:
        self.revision = revision
        self.list_tools = session.list_tools
        self.list_resources = session.list_resources
        self.list_resource_templates = session.list_resource_templates
        self.list_prompts = session.list_prompts
        self.get_prompt = session.get_prompt
        self._session = session

    async def call_tool(
        self, name: str, arguments: dict[str, Any], progress: Progress | None = None
    ) -> Model:
        return await self._session.call_tool(name, arguments, progress_callback=progress)

    async def tell_cancelled(self) -> None:
        """Do by hand what this client does not; it does not tell the ids of its requests either."""
        (unanswered,) = self._session._response_streams
        notification = CancelledNotification(
            params=CancelledNotificationParams(requestId=unanswered)
        )
        await self._session.send_notification(ClientNotification(notification))

    async def read_resource(self, uri: str) -> Model:
        return await self._session.read_resource(AnyUrl(uri))

    async def complete(self, prompt: str, argument: dict[str, str]) -> Model:
        reference = PromptReference(type="ref/prompt", name=prompt)
        return await self._session.complete(reference, argument)


@asynccontextmanager
async def connect(target: dict[str, Any]) -> AsyncIterator[Adapted]:
    transport = (
        streamable_http_client(target["url"])
        if "url" in target
        else stdio_client(StdioServerParameters(command=target["command"], env=target["env"]))
    )
    async with transport as (incoming, outgoing, *_), ClientSession(incoming, outgoing) as session:
        hello = await session.initialize()
        yield Adapted(session, hello.protocolVersion)


if __name__ == "__main__":
    run(connect)
