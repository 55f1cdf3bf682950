"""The prompts' handlers: async functions that write messages, and complete arguments."""

from collections.abc import Sequence

from mcp.types import (
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    EmbeddedResource,
    ImageContent,
    InputRequiredResult,
    PromptMessage,
    TextContent,
    TextResourceContents,
)

from ..lifespan import Context
from ..runtime import ask
from ..tools.handlers import PIXEL


async def simple(context: Context) -> str:
    """Return one message."""
    return "This is a simple prompt for testing."


async def with_arguments(context: Context, arg1: str, arg2: str) -> str:
    """Return a message with both arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


async def complete_argument(context: Context, value: str) -> Sequence[str]:
    """Return the values that begin so."""
    return [known for known in ("paris", "park", "party", "test") if known.startswith(value)]


async def with_embedded_resource(
    context: Context,
    resourceUri: str,  # noqa: N803 (the suite names it)
) -> Sequence[PromptMessage]:
    """Return a resource and a request."""
    resource = TextResourceContents(
        uri=resourceUri, mime_type="text/plain", text="Embedded resource content for testing."
    )
    request = "Please process the embedded resource above."
    return (
        PromptMessage(role="user", content=EmbeddedResource(resource=resource)),
        PromptMessage(role="user", content=TextContent(text=request)),
    )


async def with_image(context: Context) -> Sequence[PromptMessage]:
    """Return an image and a request."""
    request = "Please analyze the image above."
    return (
        PromptMessage(role="user", content=ImageContent(data=PIXEL, mime_type="image/png")),
        PromptMessage(role="user", content=TextContent(text=request)),
    )


async def with_question(context: Context) -> str | InputRequiredResult:
    """Ask the user for the context first."""
    form = ElicitRequestFormParams(
        message="What context should the prompt use?",
        requested_schema={
            "type": "object",
            "properties": {"context": {"type": "string"}},
            "required": ["context"],
        },
    )
    answers = await ask(context, {"user_context": ElicitRequest(params=form)})
    if isinstance(answers, InputRequiredResult):
        return answers
    answer = answers["user_context"]
    said = (answer.content or {}) if isinstance(answer, ElicitResult) else {}
    return f"Consider this: {said.get('context', 'nothing')}"
