"""The client of the Python SDK 2.x, in any of its modes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from conversation import Model, Progress, run
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import PromptReference


class Adapted:
    """The SDK's client, as the conversation needs it."""

    errors = MCPError

    def __init__(self, client: Client) -> None:
        self.revision = client.protocol_version
        self.list_tools = client.list_tools
        self.list_resources = client.list_resources
        self.list_resource_templates = client.list_resource_templates
        self.list_prompts = client.list_prompts
        self.read_resource = client.read_resource
        self.get_prompt = client.get_prompt
        self._client = client

    async def call_tool(
        self, name: str, arguments: dict[str, Any], progress: Progress | None = None
    ) -> Model:
        return await self._client.call_tool(name, arguments, progress_callback=progress)

    async def tell_cancelled(self) -> None:
        """Do nothing: the client tells it when the task that waits for it is cancelled."""

    async def complete(self, prompt: str, argument: dict[str, str]) -> Model:
        return await self._client.complete(PromptReference(name=prompt), argument)


@asynccontextmanager
async def connect(target: dict[str, Any]) -> AsyncIterator[Adapted]:
    server = target.get("url") or StdioServerParameters(
        command=target["command"], env=target["env"]
    )
    async with Client(server, mode=target["mode"]) as client:
        yield Adapted(client)


if __name__ == "__main__":
    run(connect)
