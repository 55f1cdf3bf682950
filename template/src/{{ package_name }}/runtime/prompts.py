"""Prompts: from a name and its arguments to messages, and the completion of arguments."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mcp import MCPError, types
from mcp.server import ServerRequestContext

from .errors import McpErrors, safe_repr
from .resources import Completer, ResourceSet, completion, one_page

type Messages = (
    str | Sequence[types.PromptMessage] | types.GetPromptResult | types.InputRequiredResult
)
"""What a prompt's handler returns: the user's words, messages, or a result sent as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An argument of a prompt. Its values are always strings.

    `parameter` is what the handler calls it, where that is not its name.
    """

    name: str
    description: str | None = None
    required: bool = True
    completer: Completer | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A catalog entry: what clients see of a prompt, and the function behind it.

    The handler takes the context and the prompt's arguments, as keyword arguments; those that are
    not required need a default there.
    """

    name: str
    handler: Callable[..., Awaitable[Messages]]
    title: str | None = None
    description: str | None = None
    icons: list[types.Icon] | None = None
    arguments: Sequence[Argument] = ()

    def __post_init__(self) -> None:
        """Check that the handler takes the arguments of the prompt.

        Raises:
            TypeError: the handler's parameters are not the prompt's arguments.
        """
        signature = inspect.signature(self.handler)
        keywords = {one.parameter or one.name: one.required for one in self.arguments}
        signature.bind(None, **dict.fromkeys(keywords, ""))
        signature.bind(None, **{name: "" for name, required in keywords.items() if required})


class PromptSet:
    """The prompts of a catalog, whose functions have `time_limit` seconds for a request.

    Clients complete their arguments and the URIs of `resources` by the same request.
    """

    def __init__(
        self, prompts: Sequence[Prompt], resources: ResourceSet, *, time_limit: float
    ) -> None:
        self._prompts = {prompt.name: prompt for prompt in prompts}
        if len(self._prompts) < len(prompts):
            raise ValueError("two prompts in the catalog have the same name")
        self._resources = resources
        self._time_limit = time_limit
        listed = [types.Prompt.model_validate(one, from_attributes=True) for one in prompts]
        self.list_prompts = one_page(types.ListPromptsResult(prompts=listed))

    async def get_prompt(
        self, context: ServerRequestContext[Any], params: types.GetPromptRequestParams
    ) -> types.GetPromptResult | types.InputRequiredResult:
        """Answer `prompts/get`.

        Raises:
            MCPError: -32602 for a prompt that is not in the catalog, and for an argument that is
                missing or that it does not have.
        """
        prompt = self._prompts.get(params.name)
        if prompt is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {safe_repr(params.name)}")
        arguments = params.arguments or {}
        for argument in prompt.arguments:
            if argument.required and argument.name not in arguments:
                text = f"{prompt.name} needs the argument {argument.name!r}"
                raise MCPError(types.INVALID_PARAMS, text)
        keywords = {one.name: one.parameter or one.name for one in prompt.arguments}
        for name in arguments:
            if name not in keywords:
                text = f"{prompt.name} has no argument {safe_repr(name)}"
                raise MCPError(types.INVALID_PARAMS, text)
        async with McpErrors(f"prompt {prompt.name}", self._time_limit):
            given = {keywords[name]: value for name, value in arguments.items()}
            messages = await prompt.handler(context, **given)
            if isinstance(messages, str):
                content = types.TextContent(text=messages)
                messages = [types.PromptMessage(role="user", content=content)]
            if isinstance(messages, types.GetPromptResult | types.InputRequiredResult):
                return messages
            return types.GetPromptResult(description=prompt.description, messages=list(messages))

    async def complete(
        self, context: ServerRequestContext[Any], params: types.CompleteRequestParams
    ) -> types.CompleteResult:
        """Answer `completion/complete` for an argument of a prompt, or a variable of a URI."""
        if not isinstance(params.ref, types.PromptReference):
            return await self._resources.complete(context, params)
        prompt = self._prompts.get(params.ref.name)
        if prompt is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {safe_repr(params.ref.name)}")
        completers = {argument.name: argument.completer for argument in prompt.arguments}
        if (completer := completers.get(params.argument.name)) is None:
            return completion(())
        async with McpErrors(f"completion for prompt {prompt.name}", self._time_limit):
            return completion(await completer(context, params.argument.value))
