"""Tools: from a catalog entry to a validated call and a typed result."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mcp import MCPError, types
from mcp.server import ServerRequestContext
from mcp.shared.inbound import x_mcp_header_map
from pydantic import BaseModel, ValidationError

from .confirmation import Confirmations, check_question, question_about
from .errors import ExplainedError, McpErrors, ToolError, safe_repr
from .limits import MAX_LEVELS, is_too_deep
from .logs import outcome_of_call
from .models import describe_errors, json_schema, validate_arguments
from .resources import one_page

type Result = BaseModel | str | types.ContentBlock | Sequence[types.ContentBlock] | None
"""What a handler returns: the model of its entry or, if there is none, content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyTool:
    """A tool whatever its models are: the type of what a catalog holds."""

    name: str
    arguments: type[Any]
    result: type[Any] | None
    handler: Callable[[Any, ServerRequestContext[Any]], Awaitable[Any]]
    title: str | None = None
    description: str | None = None
    icons: list[types.Icon] | None = None
    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None
    open_world: bool | None = None
    confirm: str | None = None
    time_limit: float | None = None
    input_schema: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool[ArgumentsT: BaseModel, ResultT: Result](AnyTool):
    """A catalog entry: what clients see of a tool, and the function behind it.

    The four hints are those of the specification's tool annotations; `None` leaves a hint out.
    `confirm` is a question that the user is asked before the handler runs; it may name arguments,
    as in `Delete {title}?`. `time_limit` is in seconds; without it the server's own limit holds.

    A tool without a `result` model returns content: a text, or images, audio and links. A handler
    may also return a `CallToolResult` or, where nothing is to be confirmed, an
    `InputRequiredResult`; they are sent as they are. Clients see the JSON Schema of `arguments`, or
    in its place an `input_schema` that says more than a model can.
    """

    arguments: type[ArgumentsT]
    result: type[ResultT] | None
    handler: Callable[
        [ArgumentsT, ServerRequestContext[Any]],
        Awaitable[ResultT | types.CallToolResult | types.InputRequiredResult],
    ]


class ToolSet:
    """The tools of a catalog, with their schemas made once and their models ready.

    Several clients drop `$defs`, so that a model inside of another stands in the schema wherever
    it is used. With `references` it is in `$defs` once.
    """

    def __init__(
        self, tools: Sequence[AnyTool], *, time_limit: float, references: bool = False
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        if len(self._tools) < len(tools):
            raise ValueError("two tools in the catalog have the same name")
        for tool in tools:
            if tool.confirm is not None:
                check_question(tool.confirm, tool.arguments)
        self._time_limit = time_limit
        self._confirmations = Confirmations()
        listed = [_describe(tool, references=references) for tool in tools]
        self.list_tools = one_page(types.ListToolsResult(tools=listed))
        # Before a call the SDK compares arguments with the headers that repeat them. Only tools
        # with such arguments (`x-mcp-header`) have a schema here, which saves time in the others.
        self.input_schema = {
            tool.name: tool.input_schema for tool in listed if x_mcp_header_map(tool.input_schema)
        }.get

    async def call_tool(
        self, context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        """Answer `tools/call`. What the model can correct is a result with `is_error` (SEP-1303).

        Raises:
            MCPError: -32602 for an unknown tool, -32603 for a failure of the server.
        """
        tool = self._tools.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {safe_repr(params.name)}")
        try:
            arguments = validate_arguments(tool.arguments, params.arguments or {})
        except ValidationError as error:
            return _error_result("\n".join(describe_errors(error)), "invalid arguments")
        limit = self._time_limit if tool.time_limit is None else tool.time_limit
        try:
            if tool.confirm is not None:
                question = question_about(tool.confirm, arguments)
                asked = await self._confirmations.ask(question, context, params, limit=limit)
                if asked is not None:
                    return asked
            async with McpErrors(tool.name, limit):
                return _success_result(tool, await tool.handler(arguments, context))
        except (ToolError, ExplainedError) as error:
            timed_out = isinstance(error, MCPError) and error.code == types.REQUEST_TIMEOUT
            return _error_result(str(error), "timed out" if timed_out else "tool error")


def _describe(tool: AnyTool, *, references: bool) -> types.Tool:
    arguments = json_schema(tool.arguments, "validation", references=references)
    result = None
    if tool.result is not None:
        result = json_schema(tool.result, "serialization", references=references)
    hints = types.ToolAnnotations(
        read_only_hint=tool.read_only,
        destructive_hint=tool.destructive,
        idempotent_hint=tool.idempotent,
        open_world_hint=tool.open_world,
    )
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        icons=tool.icons,
        input_schema=tool.input_schema or arguments,
        output_schema=result,
        annotations=None if hints == types.ToolAnnotations() else hints,
    )


def _success_result(
    tool: AnyTool, result: object
) -> types.CallToolResult | types.InputRequiredResult:
    if isinstance(result, types.CallToolResult | types.InputRequiredResult):
        return result
    if tool.result is None and (content := _content(result)) is not None:
        return types.CallToolResult(content=content)
    if tool.result is None or not isinstance(result, tool.result):
        expected = "content" if tool.result is None else tool.result.__name__
        found = type(result).__name__
        raise TypeError(f"the handler of {tool.name} returned {found}; its entry says {expected}")
    checked = tool.result.model_validate(result, by_alias=True, by_name=True)
    text = checked.model_dump_json(by_alias=True)
    if is_too_deep(text):
        raise ToolError(f"The result has more than {MAX_LEVELS} levels, which clients cannot read.")
    return types.CallToolResult(
        content=[types.TextContent(text=text)],
        structured_content=checked.model_dump(mode="json", by_alias=True),
    )


def _content(result: object) -> list[types.ContentBlock] | None:
    if isinstance(result, str):
        return [types.TextContent(text=result)]
    parts = result if isinstance(result, list | tuple) else [] if result is None else [result]
    content = [part for part in parts if isinstance(part, types.ContentBlock)]
    return content if len(content) == len(parts) else None


def _error_result(text: str, outcome: str) -> types.CallToolResult:
    outcome_of_call.set(outcome)
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)
