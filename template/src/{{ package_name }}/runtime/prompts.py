"""Prompts: from a name and its arguments to messages, and the completion of arguments."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcp import MCPError
from mcp.server import ServerRequestContext
from mcp.types import (
    INVALID_PARAMS,
    CompleteRequestParams,
    CompleteResult,
    GetPromptRequestParams,
    GetPromptResult,
    InputRequiredResult,
    ListPromptsResult,
    PaginatedRequestParams,
    PromptArgument,
    PromptMessage,
    PromptReference,
    TextContent,
)
from mcp.types import Prompt as PromptDescription

from .errors import mcp_errors, safe_repr
from .resources import Completer, ResourceSet, completion

type Messages = str | Sequence[PromptMessage] | GetPromptResult | InputRequiredResult
"""What a prompt's handler returns: the user's words, messages, or a result sent as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An argument of a prompt. Its values are always strings."""

    name: str
    description: str
    required: bool = True
    completer: Completer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A catalog entry: what clients see of a prompt, and the function behind it.

    The handler takes the context and the prompt's arguments, as keyword arguments of the same
    names; those that are not required need a default there.
    """

    name: str
    description: str
    handler: Callable[..., Awaitable[Messages]]
    title: str | None = None
    arguments: Sequence[Argument] = field(default=())

    def __post_init__(self) -> None:
        """Check that the handler takes the arguments of the prompt.

        Raises:
            TypeError: the handler's parameters are not the prompt's arguments.
        """
        signature = inspect.signature(self.handler)
        signature.bind(None, **{argument.name: "" for argument in self.arguments})
        signature.bind(None, **{a.name: "" for a in self.arguments if a.required})


class PromptSet:
    """The prompts of a catalog, next to resources whose URIs are completed, too.

    Their functions have `time_limit` seconds for a request.
    """

    def __init__(
        self, prompts: Sequence[Prompt], resources: ResourceSet, *, time_limit: float
    ) -> None:
        self._prompts = {prompt.name: prompt for prompt in prompts}
        if len(self._prompts) < len(prompts):
            raise ValueError("two prompts in the catalog have the same name")
        self._resources = resources
        self._time_limit = time_limit
        self._listing = ListPromptsResult(prompts=[_describe(prompt) for prompt in prompts])

    async def list_prompts(
        self, context: ServerRequestContext[Any], params: PaginatedRequestParams | None
    ) -> ListPromptsResult:
        """Answer `prompts/list`: all prompts on one page."""
        if params is not None and params.cursor is not None:
            raise MCPError(INVALID_PARAMS, f"Unknown cursor: {safe_repr(params.cursor)}")
        return self._listing

    async def get_prompt(
        self, context: ServerRequestContext[Any], params: GetPromptRequestParams
    ) -> GetPromptResult | InputRequiredResult:
        """Answer `prompts/get`.

        Raises:
            MCPError: -32602 for a prompt that is not in the catalog, and for an argument that is
                missing or that it does not have.
        """
        prompt = self._prompts.get(params.name)
        if prompt is None:
            raise MCPError(INVALID_PARAMS, f"Unknown prompt: {safe_repr(params.name)}")
        arguments = params.arguments or {}
        _check(prompt, arguments)
        what = f"prompt {prompt.name}"
        async with mcp_errors(what, self._time_limit):
            messages = await prompt.handler(context, **arguments)
            return _result(prompt, messages)

    async def complete(
        self, context: ServerRequestContext[Any], params: CompleteRequestParams
    ) -> CompleteResult:
        """Answer `completion/complete` for an argument of a prompt, or a variable of a URI."""
        if not isinstance(params.ref, PromptReference):
            return await self._resources.complete(context, params)
        prompt = self._prompts.get(params.ref.name)
        if prompt is None:
            raise MCPError(INVALID_PARAMS, f"Unknown prompt: {safe_repr(params.ref.name)}")
        completers = {argument.name: argument.completer for argument in prompt.arguments}
        if (completer := completers.get(params.argument.name)) is None:
            return completion(())
        what = f"completion for prompt {prompt.name}"
        async with mcp_errors(what, self._time_limit):
            return completion(await completer(context, params.argument.value))


def _describe(prompt: Prompt) -> PromptDescription:
    return PromptDescription(
        name=prompt.name,
        title=prompt.title,
        description=prompt.description,
        arguments=[
            PromptArgument(
                name=argument.name, description=argument.description, required=argument.required
            )
            for argument in prompt.arguments
        ],
    )


def _check(prompt: Prompt, arguments: Mapping[str, str]) -> None:
    known = {argument.name for argument in prompt.arguments}
    for argument in prompt.arguments:
        if argument.required and argument.name not in arguments:
            raise MCPError(INVALID_PARAMS, f"{prompt.name} needs the argument {argument.name!r}")
    for name in arguments:
        if name not in known:
            raise MCPError(INVALID_PARAMS, f"{prompt.name} has no argument {safe_repr(name)}")


def _result(prompt: Prompt, messages: Messages) -> GetPromptResult | InputRequiredResult:
    match messages:
        case GetPromptResult() | InputRequiredResult():
            return messages
        case str():
            messages = [PromptMessage(role="user", content=TextContent(text=messages))]
    return GetPromptResult(description=prompt.description, messages=list(messages))
