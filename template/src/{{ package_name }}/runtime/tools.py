"""Tools: from a catalog entry to a validated call and a typed result."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mcp import MCPError
from mcp.server import ServerRequestContext
from mcp.shared.inbound import x_mcp_header_map
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ClientCapabilities,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as ToolDescription
from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from . import ToolError, internal_error, quoted

_MOST_PROBLEMS = 20
_NO_FIELDS: dict[str, Any] = {"type": "object", "properties": {}}  # To accept is all there is.


class Model(BaseModel):
    """The base of a tool's arguments and of its result.

    Arguments that the schema does not name are refused, and a result is checked again when the
    handler returns it: what was changed after it was made may no longer fit its schema.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, revalidate_instances="always")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool[ArgumentsT: BaseModel, ResultT: BaseModel]:
    """A catalog entry: what clients see of a tool, and the function behind it.

    The four hints are those of the specification's tool annotations; `None` leaves a hint out.
    `confirm` is a question that the user is asked before the handler runs. `time_limit` is in
    seconds; without it the server's own limit holds. A handler may also return a `CallToolResult`
    (for images, audio, links) or, where nothing is to be confirmed, an `InputRequiredResult`; they
    are sent as they are. A tool that only does so has no `result` model. Clients see the JSON
    Schema of `arguments`, or in its place an `input_schema` that says more than a model can.
    """

    name: str
    description: str
    arguments: type[ArgumentsT]
    result: type[ResultT] | None
    handler: Callable[
        [ArgumentsT, ServerRequestContext[Any]],
        Awaitable[ResultT | CallToolResult | InputRequiredResult],
    ]
    title: str | None = None
    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None
    open_world: bool | None = None
    confirm: str | None = None
    time_limit: float | None = None
    input_schema: dict[str, Any] | None = None


class ToolSet:
    """The tools of a catalog, with their schemas made once and their models ready."""

    def __init__(self, tools: Sequence[Tool[Any, Any]], *, time_limit: float) -> None:
        self._tools = {tool.name: tool for tool in tools}
        if len(self._tools) < len(tools):
            raise ValueError("two tools in the catalog have the same name")
        self._time_limit = time_limit
        self._listing = ListToolsResult(tools=[_describe(tool) for tool in tools])
        self._mirrored = {
            tool.name: tool.input_schema
            for tool in self._listing.tools
            if x_mcp_header_map(tool.input_schema)
        }

    def input_schema(self, name: str) -> dict[str, Any] | None:
        """Return the JSON Schema of a tool with arguments that headers repeat (`x-mcp-header`).

        The SDK compares the headers with the arguments before a call. There is nothing to compare
        for other tools, so they have none here, which saves some of the time of each call.
        """
        return self._mirrored.get(name)

    async def list_tools(
        self, context: ServerRequestContext[Any], params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        """Answer `tools/list`: all tools, in the order of the catalog, on one page."""
        if params is not None and params.cursor is not None:
            raise MCPError(INVALID_PARAMS, f"Unknown cursor: {quoted(params.cursor)}")
        return self._listing

    async def call_tool(
        self, context: ServerRequestContext[Any], params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        """Answer `tools/call`.

        Arguments that do not fit and errors of the tool come back as a result with `is_error`, for
        the model to correct itself (SEP-1303).

        Raises:
            MCPError: -32602 for a tool that is not in the catalog, -32603 for a failure that is
                the server's own.
        """
        tool = self._tools.get(params.name)
        if tool is None:
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {quoted(params.name)}")
        try:
            arguments = _validated(tool.arguments, params.arguments or {})
        except ValidationError as error:
            return _failure("\n".join(_problems(error)))
        if (instead := await _confirmation(tool, context, params)) is not None:
            return instead
        limit = self._time_limit if tool.time_limit is None else tool.time_limit
        deadline = asyncio.timeout(limit)
        try:
            async with deadline:
                result = await tool.handler(arguments, context)
            return _success(tool, result)
        except MCPError:
            raise
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody cancels this call: it is what the handler waited for that was cancelled.
            raise internal_error(f"tool {tool.name}", error) from error
        except Exception as error:
            if deadline.expired():
                return _failure(f"{tool.name} took longer than its limit of {limit:g} seconds.")
            if isinstance(error, NotImplementedError):
                return _failure(f"{tool.name} is declared, but not implemented yet.")
            if texts := _tool_errors(error):
                return _failure("\n".join(texts))
            raise internal_error(f"tool {tool.name}", error) from error


class _Schema(GenerateJsonSchema):
    """JSON Schema without a title for each field: models pay for it and it repeats the name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _describe(tool: Tool[Any, Any]) -> ToolDescription:
    hints = ToolAnnotations(
        read_only_hint=tool.read_only,
        destructive_hint=tool.destructive,
        idempotent_hint=tool.idempotent,
        open_world_hint=tool.open_world,
    )
    return ToolDescription(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema or _schema(tool.arguments, "validation"),
        output_schema=None if tool.result is None else _schema(tool.result, "serialization"),
        annotations=None if hints == ToolAnnotations() else hints,
    )


def _schema(model: type[BaseModel], mode: JsonSchemaMode) -> dict[str, Any]:
    schema = model.model_json_schema(mode=mode, schema_generator=_Schema)
    if "$ref" in schema:  # A model that refers to itself; clients want an object at the root.
        name = schema.pop("$ref").removeprefix("#/$defs/")
        schema = schema["$defs"][name] | schema
    if schema.get("type") != "object":
        raise TypeError(f"{model.__name__} is no object in JSON, as arguments and results must be")
    return schema


def _validated[ModelT: BaseModel](model: type[ModelT], arguments: dict[str, Any]) -> ModelT:
    # Strict, as JSON Schema is: "5" is no integer. By way of JSON, because only there do dates and
    # times keep their string form.
    try:
        return model.model_validate_json(json.dumps(arguments), strict=True)
    except ValidationError as error:
        # But 5.0 is one: JSON has only one kind of number, and some clients write all like that.
        if all(problem["type"] != "int_type" for problem in error.errors()):
            raise
    return model.model_validate_json(json.dumps(_with_integers(arguments)), strict=True)


def _with_integers(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _with_integers(part) for key, part in value.items()}
        case list():
            return [_with_integers(part) for part in value]
    return value


def has_forms(client: ClientCapabilities | None) -> bool:
    """Return whether a client can show its user a form."""
    if client is None or client.elicitation is None:
        return False
    # A client that names no mode has forms (SEP-1036).
    return client.elicitation.form is not None or client.elicitation.url is None


async def _confirmation(
    tool: Tool[Any, Any], context: ServerRequestContext[Any], params: CallToolRequestParams
) -> CallToolResult | InputRequiredResult | None:
    """Ask the user, and return nothing if they confirm; else what is answered to the call."""
    if tool.confirm is None:
        return None
    if not has_forms(context.session.client_capabilities):
        return _failure(
            f"{tool.name} needs the user to confirm, who cannot be asked over this connection."
        )
    form = ElicitRequestFormParams(message=tool.confirm, requested_schema=_NO_FIELDS)
    answer: object = None
    if context.protocol_version in HANDSHAKE_PROTOCOL_VERSIONS:
        with suppress(MCPError, ValidationError):
            answer = await context.session.elicit_form(
                form.message, form.requested_schema, context.request_id
            )
        if answer is None:
            return _failure(f"{tool.name} needs the user to confirm, who could not be asked.")
    else:
        # The client asks, and calls again with the answer (SEP-2322). The key stands for this call,
        # so that no answer is taken for one to a call with other arguments.
        call = json.dumps([tool.name, tool.confirm, params.arguments], sort_keys=True)
        key = f"confirm-{hashlib.sha256(call.encode()).hexdigest()[:32]}"
        answer = (params.input_responses or {}).get(key)
        if not isinstance(answer, ElicitResult):
            return InputRequiredResult(input_requests={key: ElicitRequest(params=form)})
    if isinstance(answer, ElicitResult) and answer.action == "accept":
        return None
    return _failure(f"The user did not confirm: {tool.confirm}")


def _success(tool: Tool[Any, Any], result: object) -> CallToolResult | InputRequiredResult:
    if isinstance(result, CallToolResult | InputRequiredResult):
        return result
    if tool.result is None or not isinstance(result, tool.result):
        raise TypeError(f"the handler returned {type(result).__name__}, not what its entry says")
    checked = tool.result.model_validate(result, by_alias=True, by_name=True)
    return CallToolResult(
        content=[TextContent(text=checked.model_dump_json(by_alias=True))],
        structured_content=checked.model_dump(mode="json", by_alias=True),
    )


def _failure(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=text)], is_error=True)


def _problems(error: ValidationError) -> Iterator[str]:
    """Yield a line a problem: the path of the field, and what is expected there."""
    for problem in error.errors(include_url=False, include_input=False)[:_MOST_PROBLEMS]:
        path = ".".join(str(part) for part in problem["loc"]) or "arguments"
        expected = problem["msg"]
        if problem["type"] == "extra_forbidden":
            expected = "There is no such argument"
        elif problem["type"] == "union_tag_invalid":  # Its message repeats the client's value.
            tags = problem["ctx"]
            expected = f"{tags['discriminator']} should be one of {tags['expected_tags']}"
        yield f"{quoted(path)[1:-1]}: {expected}"
    if error.error_count() > _MOST_PROBLEMS:
        yield f"and {error.error_count() - _MOST_PROBLEMS} more"


def _tool_errors(error: BaseException) -> list[str]:
    """Return the texts of an error that consists of tool errors alone; else nothing."""
    if isinstance(error, ToolError):
        return [str(error)]
    if not isinstance(error, BaseExceptionGroup):
        return []
    texts = [_tool_errors(part) for part in error.exceptions]
    return list(dict.fromkeys(text for part in texts for text in part)) if all(texts) else []
