"""The client of FastMCP 4, in any of its modes, and that of FastMCP 3, which has none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import fastmcp
from conversation import Model, Progress, run
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from fastmcp.exceptions import McpError
from mcp.types import PromptReference

OLD = fastmcp.__version__.startswith("3.")


class Adapted:
    """FastMCP's client, as the conversation needs it: its methods that return whole results."""

    errors = McpError

    def __init__(self, client: Client[Any]) -> None:
        self.revision = client.initialize_result.protocolVersion if OLD else client.protocol_version
        self.list_tools = client.list_tools_mcp
        self.list_resources = client.list_resources_mcp
        self.list_resource_templates = client.list_resource_templates_mcp
        self.list_prompts = client.list_prompts_mcp
        self.read_resource = client.read_resource_mcp
        self.get_prompt = client.get_prompt_mcp
        self._client = client

    async def call_tool(
        self, name: str, arguments: dict[str, Any], progress: Progress | None = None
    ) -> Model:
        return await self._client.call_tool_mcp(name, arguments, progress_handler=progress)

    async def tell_cancelled(self) -> None:
        """FastMCP 3 leaves that to its users, without telling them the ids of their requests."""
        if OLD:
            (unanswered,) = self._client.session._response_streams
            await self._client.cancel(unanswered)

    async def complete(self, prompt: str, argument: dict[str, str]) -> Model:
        return await self._client.complete_mcp(
            PromptReference(type="ref/prompt", name=prompt), argument
        )


@asynccontextmanager
async def connect(target: dict[str, Any]) -> AsyncIterator[Adapted]:
    transport = target.get("url") or StdioTransport(
        target["command"], [], env=target["env"], keep_alive=False
    )
    mode = {} if OLD else {"mode": target["mode"]}
    async with Client(transport, **mode) as client:
        yield Adapted(client)


if __name__ == "__main__":
    run(connect)
