"""Clients of this server: the commands `call`, `list` and `read`, and the configuration of others."""

import argparse
import asyncio
import base64
import difflib
import json
import os
import sys
import sysconfig
import textwrap
from pathlib import Path
from typing import Any

from mcp import Client, MCPError, StdioServerParameters, types
from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic_core import from_json

from .settings import Settings
from .terminal import CLEAR_LINE, print_result, printable, show_progress, tell, user

PACKAGE = __name__.partition(".")[0]

_GONE = (MCPError, OSError)
_NOT_JSON = (ValueError, RecursionError)


def launch_command(name: str) -> list[str]:
    """Return the command that starts this installation, from whatever directory a client is in."""
    script = Path(sysconfig.get_path("scripts"), f"{name}.exe" if sys.platform == "win32" else name)
    if script.exists():
        return [str(script)]
    # Safe path (-P): a module in the client's directory must not be taken for one of ours.
    return [sys.executable, "-P", "-m", PACKAGE]


def client_config(client: str, name: str, settings: Settings, url: str | None = None) -> str:
    """Return a client's configuration for this server: over stdio, or over HTTP at its URL."""
    command, *args = launch_command(name)
    entry: dict[str, Any] = {"command": command, "args": args, "env": settings.to_environment()}
    if url is not None:
        entry = {"type": "http", "url": url}
    else:
        if client in ("claude-code", "vscode"):
            entry = {"type": "stdio"} | entry
        settings.log_secrets()
    servers = "servers" if client == "vscode" else "mcpServers"
    return json.dumps({servers: {name: entry}}, indent=2)


class CommandError(Exception):
    """Ends the command with its text on stderr: status 1 for a failure, 2 for wrong usage."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


def run_client(options: argparse.Namespace, name: str) -> int:
    """Do what `call`, `list` or `read` asks of this server, whose command has this name.

    Returns the exit status: 1 for an error of the tool or the server, 2 for wrong usage.
    """
    if None in (sys.stdin, sys.stdout, sys.stderr):  # Python has none where they are closed.
        if sys.stderr is not None:
            tell("Standard input, standard output and standard error have to be open.")
        return 2
    try:
        if options.command == "call":
            options.arguments = parse_arguments(options.arguments)
        print_result(asyncio.run(_run(options, name)))
    except CommandError as error:
        tell(str(error))
        return error.status
    except BrokenPipeError:
        pass  # Nobody reads the rest.
    except OSError as error:
        tell(f"The result cannot be written: {error.strerror}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


async def _run(options: argparse.Namespace, name: str) -> str | bytes:
    command, *arguments = launch_command(name)
    server = StdioServerParameters(command=command, args=arguments, env=dict(os.environ))
    callback = user(always_agrees=getattr(options, "yes", False))
    failure = CommandError("The server ended before it answered.")
    try:
        async with Client(server, elicitation_callback=callback) as client:
            try:
                match options.command:
                    case "call":
                        return await call_tool(client, options.tool, options.arguments)
                    case "read":
                        return await read_resource(client, options.uri)
                    case _:
                        return await list_offers(client, as_json=options.json)
            except MCPError as error:
                if error.code != types.CONNECTION_CLOSED:
                    failure = CommandError(error.message)
            except CommandError as error:
                failure = error
    except* _GONE:
        pass  # The connection has ended. What the server had to say is on stderr.
    except* _NOT_JSON:  # Half a surrogate pair, or too many levels.
        failure = CommandError("What you wrote cannot be sent as JSON in UTF-8.", 2)
    raise failure


async def call_tool(client: Client, name: str, arguments: dict[str, Any]) -> str:
    """Call a tool, and return its result: as JSON where it is structured, else as text.

    Raises:
        CommandError: there is no such tool, or its result is an error.
    """
    names = [tool.name for tool in (await client.list_tools()).tools]
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names) or 'none'}."
        raise CommandError(f"There is no tool {name}. {hint}", 2)
    progress = show_progress if sys.stderr.isatty() else None
    result = await client.call_tool(name, arguments, progress_callback=progress)
    if progress is not None:
        sys.stderr.write(CLEAR_LINE)
    text = "\n".join(
        block.text if isinstance(block, types.TextContent) else _json(_dump(block))
        for block in result.content
    )
    if result.is_error:
        raise CommandError(text)
    return text if result.structured_content is None else _json(result.structured_content)


async def read_resource(client: Client, uri: str) -> str | bytes:
    """Return the content of a resource.

    Raises:
        CommandError: it cannot be read, or it is binary and would go to a terminal.
    """
    try:
        contents = (await client.read_resource(uri)).contents
    except MCPError as error:
        raise CommandError(f"{uri}: {error.message}") from error
    blobs = [part.blob for part in contents if isinstance(part, types.BlobResourceContents)]
    if not blobs:
        return "\n".join(p.text for p in contents if isinstance(p, types.TextResourceContents))
    if sys.stdout.isatty():
        raise CommandError("This is binary data: redirect it into a file.", 2)
    return b"".join(map(base64.b64decode, blobs))


async def list_offers(client: Client, *, as_json: bool) -> str:
    """Return everything that the server offers: as JSON, or a paragraph for each kind."""
    offers: dict[str, list[dict[str, Any]]] = {}
    for kind, fetch in {
        "tools": client.list_tools,
        "resources": client.list_resources,
        "resource_templates": client.list_resource_templates,
        "prompts": client.list_prompts,
    }.items():
        try:
            page = await fetch()
            found = [*getattr(page, kind)]
            while page.next_cursor is not None:
                page = await fetch(cursor=page.next_cursor)
                found += getattr(page, kind)
        except MCPError as error:
            if error.code != types.METHOD_NOT_FOUND:
                raise
        else:
            offers[kind] = [_dump(one) for one in found]
    if as_json:
        return _json({to_camel(kind): found for kind, found in offers.items()})
    paragraphs = [
        "\n".join([kind.replace("_", " ").capitalize(), *map(_entry, found)])
        for kind, found in offers.items()
        if found
    ]
    return "\n\n".join(paragraphs) or "There is nothing yet."


def parse_arguments(text: str) -> dict[str, Any]:
    """Return the arguments of a call: JSON, or the `@` and name of a file, or `-` for stdin.

    Raises:
        CommandError: they are no JSON object; the text says where.
    """
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text("utf-8")
        arguments = from_json(text.encode(), allow_inf_nan=False)
    except OSError as error:
        raise CommandError(f"{error.filename} cannot be read: {error.strerror}", 2) from error
    except ValueError as error:
        raise CommandError(f"The arguments are no JSON: {error}", 2) from error
    if not isinstance(arguments, dict):
        raise CommandError('The arguments have to be a JSON object, such as {"name": "value"}.', 2)
    return arguments


def _json(value: object) -> str:
    # JSON has escaped most control characters, and the others may be escaped in the same way.
    return printable(json.dumps(value, indent=2, ensure_ascii=False))


def _dump(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def _entry(offer: dict[str, Any]) -> str:
    """Return what a listing says of an offer: its name, its arguments, its description."""
    head = offer.get("uri") or offer.get("uriTemplate") or offer["name"]
    schema = offer.get("inputSchema", {})
    required = schema.get("required", ())
    arguments = {name: name in required for name in schema.get("properties", ())}
    arguments |= {one["name"]: one.get("required") for one in offer.get("arguments", ())}
    words = [name if is_required else f"[{name}]" for name, is_required in arguments.items()]
    text = textwrap.indent(offer.get("description", offer.get("title", "")), " " * 6)
    return f"  {' '.join([head, *words])}\n{text}".rstrip()
