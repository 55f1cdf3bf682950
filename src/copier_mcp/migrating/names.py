"""What the names of `mcp` 1.x and FastMCP became in `mcp` 2.x, and where that is in a render.

Names of 2.x are written in full: a test imports each of them. Places are below the rendered
package, or names that its `runtime` hands on: a test looks for each of them in a render.
"""

from typing import NamedTuple


class Change(NamedTuple):
    """What became of a name."""

    now: str
    """In SDK 2.x."""
    place: str
    """In a rendered project."""


SAME = "the same"
NOTHING = "nothing to do"
GONE = "removed"
FOREIGN = "no counterpart in the SDK"

CATALOG = "entries in `tools/catalog.py`, written from the declarations"
MODELS = "models in `tools/schemas.py`, written from the declarations"
SERVER = "`build_server` in `server.py`"
STDIO = "`runtime/transports/stdio.py`; " + NOTHING
HTTP = "`http: true` in the answers file, then `--transport http`"
CONTEXT = "`Context` of `lifespan.py`, the second argument of each handler"
TOOL_ERROR = "`ToolError` from `runtime`, for what the model can correct"
LOGGING = "`logging`, which goes to stderr; `log` with `interactive: true`"
ASK = "`ask`, with `interactive: true`"
CLIENT = "the fixture `client` in `tests/conftest.py`"
CONTENT = "`content:` in the declaration of the tool"
TASKS = "background work: `start_background` of `AppState` in `lifespan.py`"
MESSAGES = "texts or `mcp.types.PromptMessage`, from `prompts/handlers.py`"

# Names that are imported, in full -----------------------------------------------------------------

MCP = {
    "mcp.server.fastmcp.FastMCP": Change("`mcp.server.mcpserver.MCPServer`", SERVER),
    "mcp.server.fastmcp.Context": Change("`mcp.server.mcpserver.Context`", CONTEXT),
    "mcp.server.fastmcp.Image": Change("`mcp.server.mcpserver.Image`", CONTENT + ": `image`"),
    "mcp.server.fastmcp.Audio": Change("`mcp.server.mcpserver.Audio`", CONTENT + ": `audio`"),
    "mcp.server.fastmcp.Icon": Change("`mcp.types.Icon`", SERVER),
    "mcp.server.fastmcp.exceptions.ToolError": Change(
        "`mcp.server.mcpserver.exceptions.ToolError`", TOOL_ERROR
    ),
    "mcp.server.fastmcp.exceptions.ResourceError": Change(
        "`mcp.server.mcpserver.exceptions.ResourceError`", "`ResourceNotFoundError` from `runtime`"
    ),
    "mcp.server.fastmcp.exceptions.FastMCPError": Change(
        "`mcp.server.mcpserver.exceptions.MCPServerError`", TOOL_ERROR
    ),
    "mcp.server.fastmcp.prompts.base.Message": Change(
        "`mcp.server.mcpserver.prompts.base.Message`", MESSAGES
    ),
    "mcp.server.fastmcp.prompts.base.UserMessage": Change(
        "`mcp.server.mcpserver.prompts.base.UserMessage`", MESSAGES
    ),
    "mcp.server.fastmcp.prompts.base.AssistantMessage": Change(
        "`mcp.server.mcpserver.prompts.base.AssistantMessage`", MESSAGES
    ),
    "mcp.server.Server": Change("`mcp.server.Server`, with its handlers as `on_…=`", SERVER),
    "mcp.server.NotificationOptions": Change("`mcp.server.NotificationOptions`", NOTHING),
    "mcp.server.models.InitializationOptions": Change(
        "`mcp.server.InitializationOptions`", NOTHING
    ),
    "mcp.server.stdio.stdio_server": Change("`mcp.server.stdio.stdio_server`", STDIO),
    "mcp.server.sse.SseServerTransport": Change("`mcp.server.sse.SseServerTransport`", HTTP),
    "mcp.server.streamable_http_manager.StreamableHTTPSessionManager": Change(
        "`mcp.server.streamable_http_manager.StreamableHTTPSessionManager`", HTTP
    ),
    "mcp.server.streamable_http.EventStore": Change(
        "`mcp.server.streamable_http.EventStore`", HTTP + ", and the setting `sessions`"
    ),
    "mcp.server.transport_security.TransportSecuritySettings": Change(
        "`mcp.server.transport_security.TransportSecuritySettings`",
        "`allowed_hosts` and `allowed_origins` of `settings.py`, with `http: true`",
    ),
    "mcp.server.lowlevel.helper_types.ReadResourceContents": Change(
        "`mcp.types.ReadResourceResult`", "text or bytes, from `resources/providers.py`"
    ),
    "mcp.server.lowlevel.server.request_ctx": Change(
        "removed; `mcp.server.ServerRequestContext` is an argument", CONTEXT
    ),
    "mcp.shared.context.RequestContext": Change(
        "`mcp.server.ServerRequestContext`, in clients `mcp.client.context.ClientRequestContext`",
        CONTEXT,
    ),
    "mcp.shared.context.LifespanContextT": Change(
        "`mcp.server.context.LifespanContextT`", "`AppState` of `lifespan.py`"
    ),
    "mcp.shared.context.RequestT": Change("`mcp.server.context.RequestT`", NOTHING),
    "mcp.server.session.ServerSession": Change(
        "`mcp.server.session.ServerSession`, a new one for each request", "`context.session`"
    ),
    "mcp.McpError": Change("`mcp.MCPError`, called with code and message", TOOL_ERROR),
    "mcp.types.ErrorData": Change(
        "`mcp.types.ErrorData`; `mcp.MCPError` takes code and message", TOOL_ERROR
    ),
    "mcp.shared.memory.create_connected_server_and_client_session": Change(
        "`mcp.Client`, called with the server", CLIENT
    ),
    "mcp.ClientSession": Change("`mcp.ClientSession`; simpler is `mcp.Client`", CLIENT),
    "mcp.stdio_client": Change("`mcp.stdio_client`; simpler is `mcp.Client`", CLIENT),
    "mcp.client.sse.sse_client": Change("`mcp.client.sse.sse_client`", CLIENT),
    "mcp.client.streamable_http.streamablehttp_client": Change(
        "`mcp.client.streamable_http.streamable_http_client`, or `mcp.Client` with a URL", CLIENT
    ),
    "mcp.client.streamable_http.streamable_http_client": Change(
        "`mcp.client.streamable_http.streamable_http_client`, which yields two streams", CLIENT
    ),
    "mcp.types.Tool": Change("`mcp.types.Tool`", CATALOG),
    "mcp.types.ToolAnnotations": Change("`mcp.types.ToolAnnotations`", CATALOG),
    "mcp.types.Resource": Change("`mcp.types.Resource`", "entries in `resources/catalog.py`"),
    "mcp.types.ResourceTemplate": Change(
        "`mcp.types.ResourceTemplate`", "entries in `resources/catalog.py`"
    ),
    "mcp.types.Prompt": Change("`mcp.types.Prompt`", "entries in `prompts/catalog.py`"),
    "mcp.types.PromptArgument": Change(
        "`mcp.types.PromptArgument`", "entries in `prompts/catalog.py`"
    ),
    "mcp.types.PromptMessage": Change("`mcp.types.PromptMessage`", MESSAGES),
    "mcp.types.GetPromptResult": Change("`mcp.types.GetPromptResult`", MESSAGES),
    "mcp.types.TextContent": Change(
        "`mcp.types.TextContent`", "a text, or a result of `tools/schemas.py`, from the handler"
    ),
    "mcp.types.ImageContent": Change("`mcp.types.ImageContent`", CONTENT + ": `image`"),
    "mcp.types.AudioContent": Change("`mcp.types.AudioContent`", CONTENT + ": `audio`"),
    "mcp.types.EmbeddedResource": Change("`mcp.types.EmbeddedResource`", CONTENT + ": `mixed`"),
    "mcp.types.CallToolResult": Change(
        "`mcp.types.CallToolResult`", "sent unchanged; `ToolError` from `runtime` for errors"
    ),
    "mcp.types.Content": Change("`mcp.types.ContentBlock`", CONTENT + ": `mixed`"),
    "mcp.types.ResourceReference": Change(
        "`mcp.types.ResourceTemplateReference`",
        "`completers` of a template, in `resources/catalog.py`",
    ),
    "mcp.types.Cursor": Change("removed; write `str`", "`runtime/tools.py`; " + NOTHING),
    "mcp.types.AnyFunction": Change("removed; write `Callable[..., Any]`", NOTHING),
    "mcp.types.JSONRPCMessage": Change(
        "a union; parse with `mcp.types.jsonrpc_message_adapter`", NOTHING
    ),
    "mcp.types.ClientRequest": Change(
        "a union; parse with `mcp.types.client_request_adapter`", NOTHING
    ),
    "mcp.types.ClientNotification": Change(
        "a union; parse with `mcp.types.client_notification_adapter`", NOTHING
    ),
    "mcp.types.ClientResult": Change(
        "a union; parse with `mcp.types.client_result_adapter`", NOTHING
    ),
    "mcp.types.ServerRequest": Change(
        "a union; parse with `mcp.types.server_request_adapter`", NOTHING
    ),
    "mcp.types.ServerNotification": Change(
        "a union; parse with `mcp.types.server_notification_adapter`", NOTHING
    ),
    "mcp.types.ServerResult": Change(
        "a union; parse with `mcp.types.server_result_adapter`", NOTHING
    ),
    "mcp.types.TaskExecutionMode": Change("removed; write the texts", TASKS),
    "mcp.types.LATEST_PROTOCOL_VERSION": Change(
        "`mcp.types.version.LATEST_HANDSHAKE_VERSION` of what `initialize` negotiates", NOTHING
    ),
}
for _name in (
    "FORBIDDEN",
    "OPTIONAL",
    "REQUIRED",
    "STATUS_CANCELLED",
    "STATUS_COMPLETED",
    "STATUS_FAILED",
    "STATUS_INPUT_REQUIRED",
    "STATUS_WORKING",
):
    MCP[f"mcp.types.TASK_{_name}"] = Change("removed; write the text", TASKS)
for _name in ("ClientRequest", "ClientNotification", "ClientResult"):
    MCP[f"mcp.types.{_name}Type"] = Change(f"the union itself, `mcp.types.{_name}`", NOTHING)
for _name in ("ServerRequest", "ServerNotification", "ServerResult"):
    MCP[f"mcp.types.{_name}Type"] = Change(f"the union itself, `mcp.types.{_name}`", NOTHING)

MODULES = {
    "mcp.server.fastmcp": Change("`mcp.server.mcpserver`", SERVER),
    "mcp.server.experimental": Change("removed: tasks left the protocol", TASKS),
    "mcp.server.lowlevel.experimental": Change("removed: tasks left the protocol", TASKS),
    "mcp.shared.experimental": Change("removed: tasks left the protocol", TASKS),
    "mcp.client.experimental": Change("removed: tasks left the protocol", TASKS),
    "mcp.server.websocket": Change(GONE, HTTP),
    "mcp.client.websocket": Change(GONE, CLIENT),
    "mcp.shared.progress": Change(
        "`mcp.server.session.ServerSession.report_progress`, with absolute values",
        "`context.session.report_progress`",
    ),
    "mcp.shared.session": Change(
        "removed; `mcp.shared.dispatcher.ProgressFnT` and `mcp.types.RequestId` are left", NOTHING
    ),
    "mcp.shared.version": Change("`mcp.types.version`", NOTHING),
    "mcp.shared.response_router": Change(GONE, NOTHING),
    "mcp.server.lowlevel.func_inspection": Change(GONE, NOTHING),
    "mcp.server.auth": Change("`mcp.server.auth`", "`auth: jwt` in the answers file"),
}
"""What is below a module, unless it stands above by itself."""

FASTMCP = {
    "fastmcp.FastMCP": Change("`mcp.server.mcpserver.MCPServer`", SERVER),
    "fastmcp.Context": Change("`mcp.server.mcpserver.Context`", CONTEXT),
    "fastmcp.Client": Change("`mcp.Client`", CLIENT),
    "fastmcp.exceptions.ToolError": Change(
        "`mcp.server.mcpserver.exceptions.ToolError`", TOOL_ERROR
    ),
    "fastmcp.exceptions.ResourceError": Change(
        "`mcp.server.mcpserver.exceptions.ResourceError`", "`ResourceNotFoundError` from `runtime`"
    ),
    "fastmcp.exceptions.NotFoundError": Change(
        "`mcp.server.mcpserver.exceptions.ResourceNotFoundError`",
        "`ResourceNotFoundError` from `runtime`",
    ),
    "fastmcp.exceptions.PromptError": Change("`mcp.MCPError`", TOOL_ERROR),
    "fastmcp.exceptions.McpError": Change("`mcp.MCPError`", TOOL_ERROR),
    "fastmcp.utilities.types.Image": Change("`mcp.server.mcpserver.Image`", CONTENT + ": `image`"),
    "fastmcp.utilities.types.Audio": Change("`mcp.server.mcpserver.Audio`", CONTENT + ": `audio`"),
    "fastmcp.utilities.types.File": Change("`mcp.types.EmbeddedResource`", CONTENT + ": `mixed`"),
    "fastmcp.utilities.logging.get_logger": Change("`logging.getLogger`", "`logging.getLogger`"),
    "fastmcp.tools.Tool": Change("`mcp.server.mcpserver.tools.Tool`", CATALOG),
    "fastmcp.tools.FunctionTool": Change("`mcp.server.mcpserver.tools.Tool`", CATALOG),
    "fastmcp.tools.ToolResult": Change(
        "`mcp.types.CallToolResult`", "a result of `tools/schemas.py`, or a `CallToolResult`"
    ),
    "fastmcp.prompts.Message": Change("`mcp.server.mcpserver.prompts.base.Message`", MESSAGES),
    "fastmcp.prompts.Prompt": Change(
        "`mcp.server.mcpserver.prompts.base.Prompt`", "entries in `prompts/catalog.py`"
    ),
    "fastmcp.server.dependencies.get_context": Change("removed; it is an argument", CONTEXT),
    "fastmcp.server.dependencies.CurrentContext": Change("removed; it is an argument", CONTEXT),
    "fastmcp.server.dependencies.get_http_request": Change(
        "`mcp.server.ServerRequestContext.request`", "`context.request`"
    ),
    "fastmcp.server.dependencies.get_http_headers": Change(
        "`mcp.server.ServerRequestContext.request`", "`context.request`"
    ),
    "fastmcp.server.dependencies.get_access_token": Change(
        "`mcp.server.auth.middleware.auth_context.get_access_token`",
        "`auth: jwt` in the answers file",
    ),
}
FASTMCP_MODULES = {
    "fastmcp.resources": Change(
        "`mcp.server.mcpserver.resources`", "providers in `resources/providers.py`"
    ),
    "fastmcp.server.auth": Change("`mcp.server.auth`", "`auth: jwt` in the answers file"),
    "fastmcp.server.middleware": Change(
        "`mcp.server.context.ServerMiddleware`", "`server.middleware` in `server.py`"
    ),
    "fastmcp": Change(FOREIGN, "your own code, beside `server.py`"),
}

ALIASES = {
    "mcp.server.FastMCP": "mcp.server.fastmcp.FastMCP",
    "mcp.server.fastmcp.server.FastMCP": "mcp.server.fastmcp.FastMCP",
    "mcp.server.fastmcp.server.Context": "mcp.server.fastmcp.Context",
    "mcp.server.fastmcp.utilities.types.Image": "mcp.server.fastmcp.Image",
    "mcp.server.fastmcp.utilities.types.Audio": "mcp.server.fastmcp.Audio",
    "mcp.server.lowlevel.Server": "mcp.server.Server",
    "mcp.server.lowlevel.server.Server": "mcp.server.Server",
    "mcp.server.lowlevel.NotificationOptions": "mcp.server.NotificationOptions",
    "mcp.server.lowlevel.server.NotificationOptions": "mcp.server.NotificationOptions",
    "mcp.server.InitializationOptions": "mcp.server.models.InitializationOptions",
    "mcp.stdio_server": "mcp.server.stdio.stdio_server",
    "mcp.ServerSession": "mcp.server.session.ServerSession",
    "mcp.shared.exceptions.McpError": "mcp.McpError",
    "mcp.client.session.ClientSession": "mcp.ClientSession",
    "mcp.client.stdio.stdio_client": "mcp.stdio_client",
    "fastmcp.server.FastMCP": "fastmcp.FastMCP",
    "fastmcp.server.server.FastMCP": "fastmcp.FastMCP",
    "fastmcp.server.Context": "fastmcp.Context",
    "fastmcp.server.context.Context": "fastmcp.Context",
    "fastmcp.client.Client": "fastmcp.Client",
    "fastmcp.tools.tool.ToolResult": "fastmcp.tools.ToolResult",
    "fastmcp.tools.tool.Tool": "fastmcp.tools.Tool",
    "fastmcp.prompts.prompt.Message": "fastmcp.prompts.Message",
}
"""Where else in 1.x a name could be imported from."""

# What a server has, by the name behind the dot ---------------------------------------------------


def _on(handler: str, place: str) -> Change:
    return Change(f"`mcp.server.Server(on_{handler}=…)`", place)


_TOOLS = "`ToolSet` from `runtime`, in `server.py`"
_RESOURCES = "`ResourceSet` from `runtime`, in `server.py`"
_PROMPTS = "`PromptSet` from `runtime`, in `server.py`"

DECORATORS = {
    "list_tools": _on("list_tools", f"{_TOOLS}; the tools are in `tools/catalog.py`"),
    "call_tool": _on("call_tool", f"{_TOOLS}; each tool is a function in `tools/handlers.py`"),
    "list_resources": _on(
        "list_resources", f"{_RESOURCES}; the resources are in `resources/catalog.py`"
    ),
    "list_resource_templates": _on(
        "list_resource_templates", f"{_RESOURCES}; the templates are in `resources/catalog.py`"
    ),
    "read_resource": _on(
        "read_resource", f"{_RESOURCES}; each is a function in `resources/providers.py`"
    ),
    "subscribe_resource": _on("subscribe_resource", "`interactive: true` in the answers file"),
    "unsubscribe_resource": _on("unsubscribe_resource", "`interactive: true` in the answers file"),
    "list_prompts": _on("list_prompts", f"{_PROMPTS}; the prompts are in `prompts/catalog.py`"),
    "get_prompt": _on("get_prompt", f"{_PROMPTS}; each is a function in `prompts/handlers.py`"),
    "set_logging_level": _on("set_logging_level", "`interactive: true` in the answers file"),
    "progress_notification": _on("progress", SERVER),
    "completion": _on("completion", "`completer` of an argument in `prompts/catalog.py`"),
    "tool": Change(
        "`mcp.server.mcpserver.MCPServer.tool`",
        "a function in `tools/handlers.py` and an entry in `tools/catalog.py`",
    ),
    "resource": Change(
        "`mcp.server.mcpserver.MCPServer.resource`",
        "a function in `resources/providers.py` and an entry in `resources/catalog.py`",
    ),
    "prompt": Change(
        "`mcp.server.mcpserver.MCPServer.prompt`",
        "a function in `prompts/handlers.py` and an entry in `prompts/catalog.py`",
    ),
    "custom_route": Change(
        "`mcp.server.mcpserver.MCPServer.custom_route`",
        "a route of the application in `__main__.py`, with `http: true`",
    ),
}
ATTRIBUTES = {
    "run": Change(
        "`mcp.server.Server.run`, and `mcp.server.mcpserver.MCPServer.run` with host and port",
        "`__main__.py`; " + NOTHING,
    ),
    "create_initialization_options": Change(
        "`mcp.server.Server.create_initialization_options`", "`__main__.py`; " + NOTHING
    ),
    "request_context": Change("removed; it is the first argument of a handler", CONTEXT),
    "request_handlers": Change("`mcp.server.Server.get_request_handler`", SERVER),
    "notification_handlers": Change("`mcp.server.Server.get_notification_handler`", SERVER),
    "experimental": Change("removed: tasks left the protocol", TASKS),
    "get_context": Change("removed; it is an argument", CONTEXT),
    "settings": Change("arguments of `mcp.server.mcpserver.MCPServer.run`", "`settings.py`"),
    "sse_app": Change("`mcp.server.mcpserver.MCPServer.sse_app`", HTTP),
    "streamable_http_app": Change(
        "`mcp.server.mcpserver.MCPServer.streamable_http_app`, with what the constructor took", HTTP
    ),
    "http_app": Change("`mcp.server.mcpserver.MCPServer.streamable_http_app`", HTTP),
    "run_async": Change("`mcp.server.mcpserver.MCPServer.run_stdio_async`", "`__main__.py`"),
    "add_tool": Change("`mcp.server.mcpserver.MCPServer.add_tool`", CATALOG),
    "add_resource": Change(
        "`mcp.server.mcpserver.MCPServer.add_resource`", "entries in `resources/catalog.py`"
    ),
    "add_prompt": Change(
        "`mcp.server.mcpserver.MCPServer.add_prompt`", "entries in `prompts/catalog.py`"
    ),
    "add_middleware": Change(
        "`mcp.server.Server.middleware`", "`server.middleware` in `server.py`"
    ),
    "mount": Change(FOREIGN, "one catalog: `tools/catalog.py`"),
    "import_server": Change(FOREIGN, "one catalog: `tools/catalog.py`"),
    "_mcp_server": Change("`mcp.server.Server`", SERVER),
}
ARGUMENTS = {
    "host": Change(
        "`mcp.server.mcpserver.MCPServer.run`", "`host` of `settings.py`, with `http: true`"
    ),
    "port": Change(
        "`mcp.server.mcpserver.MCPServer.run`", "`port` of `settings.py`, with `http: true`"
    ),
    "json_response": Change(
        "`mcp.server.mcpserver.MCPServer.run`",
        "`json_response` of `settings.py`, with `http: true`",
    ),
    "stateless_http": Change(
        "`mcp.server.mcpserver.MCPServer.run`", "the default; `sessions` of `settings.py` otherwise"
    ),
    "transport_security": Change(
        "`mcp.server.mcpserver.MCPServer.run`",
        "`allowed_hosts` of `settings.py`, with `http: true`",
    ),
    "streamable_http_path": Change("`mcp.server.mcpserver.MCPServer.run`", "`/mcp`"),
    "event_store": Change("`mcp.server.mcpserver.MCPServer.run`", "`sessions` of `settings.py`"),
    "mount_path": Change(GONE, "`/mcp`"),
    "instructions": Change(
        "`mcp.server.Server(instructions=…)`, by keyword alone", "`Server(…)` in `server.py`"
    ),
    "lifespan": Change(
        "`mcp.server.Server(lifespan=…)`, entered once over HTTP too",
        "`open_state` in `lifespan.py`",
    ),
    "auth": Change("`mcp.server.auth.settings.AuthSettings`", "`auth: jwt` in the answers file"),
    "token_verifier": Change(
        "`mcp.server.auth.provider.TokenVerifier`", "`auth: jwt` in the answers file"
    ),
    "log_level": Change(
        "`mcp.server.mcpserver.MCPServer(log_level=…)`", "`log_level` of `settings.py`"
    ),
    "dependencies": Change("`mcp.server.mcpserver.MCPServer(dependencies=…)`", "`uv add`"),
    "mask_error_details": Change(FOREIGN, "always so"),
    "middleware": Change("`mcp.server.Server.middleware`", "`server.middleware` in `server.py`"),
}
"""What the constructor of FastMCP takes."""

# What a context has -------------------------------------------------------------------------------

_DEPRECATED = "`mcp.server.session.ServerSession.send_log_message`, which is deprecated (SEP-2577)"

CONTEXTS = {
    "report_progress": Change(
        "`mcp.server.session.ServerSession.report_progress`", "`context.session.report_progress`"
    ),
    "debug": Change(_DEPRECATED, LOGGING),
    "info": Change(_DEPRECATED, LOGGING),
    "warning": Change(_DEPRECATED, LOGGING),
    "error": Change(_DEPRECATED, LOGGING),
    "log": Change(_DEPRECATED, LOGGING),
    "elicit": Change("`mcp.server.session.ServerSession.elicit_form`", ASK),
    "sample": Change("`mcp.server.session.ServerSession.create_message`", ASK),
    "list_roots": Change("`mcp.server.session.ServerSession.list_roots`", ASK),
    "read_resource": Change(
        "`mcp.server.mcpserver.Context.read_resource`",
        "call the function in `resources/providers.py`",
    ),
    "request_context": Change(
        "`mcp.server.ServerRequestContext`", "`context`; its `lifespan_context` is `AppState`"
    ),
    "request_id": Change("`mcp.server.ServerRequestContext.request_id`", "`context.request_id`"),
    "session": Change("`mcp.server.ServerRequestContext.session`", "`context.session`"),
    "lifespan_context": Change(
        "`mcp.server.ServerRequestContext.lifespan_context`", "`context.lifespan_context`"
    ),
    "client_id": Change(
        "`mcp.server.auth.middleware.auth_context.get_access_token`",
        "`auth: jwt` in the answers file",
    ),
    "fastmcp": Change("`mcp.server.mcpserver.Context.mcp_server`", "import what you need of it"),
    "get_state": Change(FOREIGN, "a field of `AppState` in `lifespan.py`"),
    "set_state": Change(FOREIGN, "a field of `AppState` in `lifespan.py`"),
}
SESSIONS = {
    "get_server_capabilities": Change("`mcp.ClientSession.server_capabilities`", CLIENT),
    "send_progress_notification": Change(
        "`mcp.server.session.ServerSession.report_progress`", "`context.session.report_progress`"
    ),
}
"""What a session has, whatever it is called."""


def change_of(name: str) -> tuple[str, Change] | None:
    """Return what became of a name, and of how much of it, unless it is known to be the same."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        known = ".".join(parts[:count])
        known = ALIASES.get(known, known)
        for table in (MCP, FASTMCP, MODULES, FASTMCP_MODULES):
            if change := table.get(known):
                return (known if table in (MCP, FASTMCP) else name), change
    return None
