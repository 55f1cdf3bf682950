"""The handlers: what the tools of the conformance suite do."""

import asyncio
from typing import Any

from mcp.server.subscriptions import PromptsListChanged, ToolsListChanged
from mcp.types import (
    AudioContent,
    CallToolResult,
    ContentBlock,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    EmbeddedResource,
    ImageContent,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
    TextResourceContents,
)

from ..lifespan import Context
from ..runtime import ToolError, ask, log, state_of
from . import schemas

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="

type Result = CallToolResult | InputRequiredResult


def _content(*blocks: ContentBlock) -> CallToolResult:
    return CallToolResult(content=list(blocks))


def _text(text: str) -> CallToolResult:
    return _content(TextContent(text=text))


def _resource(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    return EmbeddedResource(resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


# Content ----------------------------------------------------------------------


async def simple_text(arguments: schemas.NoArguments, context: Context) -> CallToolResult:
    """Return a text."""
    return _text("This is a simple text response for testing.")


async def image_content(arguments: schemas.NoArguments, context: Context) -> CallToolResult:
    """Return an image."""
    return _content(ImageContent(data=PIXEL, mime_type="image/png"))


async def audio_content(arguments: schemas.NoArguments, context: Context) -> CallToolResult:
    """Return a sound."""
    return _content(AudioContent(data=SILENCE, mime_type="audio/wav"))


async def embedded_resource(arguments: schemas.NoArguments, context: Context) -> CallToolResult:
    """Return a resource."""
    text = "This is an embedded resource content."
    return _content(_resource("test://embedded-resource", "text/plain", text))


async def multiple_content_types(
    arguments: schemas.NoArguments, context: Context
) -> CallToolResult:
    """Return a text, an image and a resource."""
    data = '{"test":"data","value":123}'
    return _content(
        TextContent(text="Multiple content types test:"),
        ImageContent(data=PIXEL, mime_type="image/png"),
        _resource("test://mixed-content-resource", "application/json", data),
    )


async def error_handling(arguments: schemas.NoArguments, context: Context) -> CallToolResult:
    """Fail."""
    raise ToolError("This tool intentionally returns an error for testing")


async def contact(arguments: schemas.ContactArguments, context: Context) -> CallToolResult:
    """Say how somebody is reached."""
    return _text(arguments.phone or arguments.email or "")


async def custom_header(arguments: schemas.HeaderArguments, context: Context) -> CallToolResult:
    """Return the argument that a header repeats."""
    return _text(arguments.region)


# In the middle of a call ------------------------------------------------------


async def with_progress(arguments: schemas.NoArguments, context: Context) -> CallToolResult:
    """Report progress."""
    for progress in (0, 50, 100):
        await context.session.report_progress(progress, 100)
        await asyncio.sleep(0.05)
    return _text("Done.")


async def with_logging(arguments: schemas.NoArguments, context: Context) -> CallToolResult:
    """Log three messages."""
    await log(context, "info", "Tool execution started")
    await asyncio.sleep(0.05)
    await log(context, "info", "Tool processing data")
    await asyncio.sleep(0.05)
    await log(context, "info", "Tool execution completed")
    return _text("Logged.")


async def reconnection(arguments: schemas.NoArguments, context: Context) -> CallToolResult:
    """Close the stream of the call before it is answered: the client comes back for the answer."""
    if context.close_sse_stream is not None:
        await context.close_sse_stream()
    await asyncio.sleep(0.1)
    return _text("Reconnected.")


async def trigger_tool_change(arguments: schemas.NoArguments, context: Context) -> CallToolResult:
    """Tell who listens that the list of tools has changed."""
    await context.lifespan_context.updates.publish(ToolsListChanged())
    return _text("Told.")


async def trigger_prompt_change(arguments: schemas.NoArguments, context: Context) -> CallToolResult:
    """Tell who listens that the list of prompts has changed."""
    await context.lifespan_context.updates.publish(PromptsListChanged())
    return _text("Told.")


# Questions --------------------------------------------------------------------


def _form(message: str, required: tuple[str, ...] = (), **properties: Any) -> ElicitRequest:
    schema = {"type": "object", "properties": properties} | (
        {"required": list(required)} if required else {}
    )
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(text: str, max_tokens: int = 100) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(text=text))
    return CreateMessageRequest(
        params=CreateMessageRequestParams(messages=[message], max_tokens=max_tokens)
    )


_STRING = {"type": "string"}
_NAME = _form("What is your name?", ("name",), name=_STRING)
_OK = _form("Please confirm", ("ok",), ok={"type": "boolean"})


def _said(answer: object) -> str:
    """Return what the user or the model has said, as text."""
    match answer:
        case ElicitResult(action="accept"):
            return ", ".join(str(value) for value in (answer.content or {}).values())
        case CreateMessageResult(content=TextContent() as content):
            return content.text
        case ListRootsResult():
            return ", ".join(str(root.uri) for root in answer.roots)
        case _:
            raise ToolError("Nobody has answered.")


async def sampling(arguments: schemas.PromptArguments, context: Context) -> Result:
    """Ask the client's model."""
    answers = await ask(context, {"answer": _sample(arguments.prompt)})
    if isinstance(answers, InputRequiredResult):
        return answers
    return _text(f"LLM response: {_said(answers['answer'])}")


async def missing_capability(arguments: schemas.NoArguments, context: Context) -> Result:
    """Ask the client's model, which only some clients let one do."""
    return await sampling(schemas.PromptArguments(prompt="Are you there?"), context)


async def _elicit(context: Context, form: ElicitRequest, text: str) -> Result:
    answers = await ask(context, {"form": form})
    if isinstance(answers, InputRequiredResult):
        return answers
    match answers["form"]:
        case ElicitResult(action=action, content=content):
            return _text(f"{text}: action={action}, content={content}")
        case _:
            raise ToolError("Nobody has answered.")


async def elicitation(arguments: schemas.MessageArguments, context: Context) -> Result:
    """Ask the user for a name and an address."""
    form = _form(
        arguments.message,
        ("username", "email"),
        username=_STRING | {"description": "User's response"},
        email=_STRING | {"description": "User's email address"},
    )
    return await _elicit(context, form, "User response")


async def streaming_elicitation(arguments: schemas.NoArguments, context: Context) -> Result:
    """Ask the user in a call that reports progress."""
    await context.session.report_progress(1, 2)
    return await _elicit(context, _NAME, "User response")


async def elicitation_defaults(arguments: schemas.NoArguments, context: Context) -> Result:
    """Ask the user with a form that is filled in."""
    form = _form(
        "Please check what is filled in",
        name=_STRING | {"default": "John Doe"},
        age={"type": "integer", "default": 30},
        score={"type": "number", "default": 95.5},
        status=_STRING | {"enum": ["active", "inactive", "pending"], "default": "active"},
        verified={"type": "boolean", "default": True},
    )
    return await _elicit(context, form, "Elicitation completed")


async def elicitation_enums(arguments: schemas.NoArguments, context: Context) -> Result:
    """Ask the user to choose, in every way there is."""
    options = ["option1", "option2", "option3"]
    titled = [
        {"const": "value1", "title": "First Option"},
        {"const": "value2", "title": "Second Option"},
        {"const": "value3", "title": "Third Option"},
    ]
    form = _form(
        "Please choose",
        untitledSingle=_STRING | {"enum": options},
        titledSingle=_STRING | {"oneOf": titled},
        legacyEnum=_STRING
        | {
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        untitledMulti={"type": "array", "items": _STRING | {"enum": options}},
        titledMulti={"type": "array", "items": {"anyOf": titled}},
    )
    return await _elicit(context, form, "Elicitation completed")


# Several rounds ---------------------------------------------------------------


async def input_elicitation(arguments: schemas.NoArguments, context: Context) -> Result:
    """Greet the user."""
    answers = await ask(context, {"user_name": _NAME})
    if isinstance(answers, InputRequiredResult):
        return answers
    return _text(f"Hello, {_said(answers['user_name'])}!")


async def input_sampling(arguments: schemas.NoArguments, context: Context) -> Result:
    """Ask the client's model for a capital."""
    answers = await ask(context, {"capital_question": _sample("What is the capital of France?")})
    if isinstance(answers, InputRequiredResult):
        return answers
    return _text(_said(answers["capital_question"]))


async def input_list_roots(arguments: schemas.NoArguments, context: Context) -> Result:
    """Name the client's roots."""
    answers = await ask(context, {"client_roots": ListRootsRequest()})
    if isinstance(answers, InputRequiredResult):
        return answers
    return _text(_said(answers["client_roots"]))


async def input_request_state(arguments: schemas.NoArguments, context: Context) -> Result:
    """Remember something while the user is asked."""
    answers = await ask(context, {"confirm": _OK}, state="asked")
    if isinstance(answers, InputRequiredResult):
        return answers
    return _text("state-ok" if state_of(context) == "asked" else "The state is missing.")


async def input_multiple(arguments: schemas.NoArguments, context: Context) -> Result:
    """Ask the user, the client's model and its roots at once."""
    requests: dict[str, InputRequest] = {
        "user_name": _NAME,
        "greeting": _sample("Generate a greeting", 50),
        "client_roots": ListRootsRequest(),
    }
    answers = await ask(context, requests, state="asked")
    if isinstance(answers, InputRequiredResult):
        return answers
    return _text("; ".join(_said(answer) for answer in answers.values()))


async def input_multi_round(arguments: schemas.NoArguments, context: Context) -> Result:
    """Ask two questions, the second after the first is answered."""
    name = (state_of(context) or "").removeprefix("name: ")
    if not name:
        first = _form("Step 1: What is your name?", ("name",), name=_STRING)
        answers = await ask(context, {"step1": first}, state="name: ")
        if isinstance(answers, InputRequiredResult):
            return answers
        name = _said(answers["step1"])
    second = _form("Step 2: What is your favorite color?", ("color",), color=_STRING)
    answers = await ask(context, {"step2": second}, state=f"name: {name}")
    if isinstance(answers, InputRequiredResult):
        return answers
    return _text(f"{name} likes {_said(answers['step2'])}.")


async def input_capabilities(arguments: schemas.NoArguments, context: Context) -> Result:
    """Ask only who can be asked."""
    requests: dict[str, InputRequest] = {}
    if (has := context.session.client_capabilities) is not None:
        if has.elicitation is not None:
            requests["user_name"] = _NAME
        if has.sampling is not None:
            requests["greeting"] = _sample("Generate a greeting", 50)
    answers = await ask(context, requests) if requests else {}
    if isinstance(answers, InputRequiredResult):
        return answers
    return _text("; ".join(_said(answer) for answer in answers.values()))
