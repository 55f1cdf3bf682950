"""How a client starts this server: the command, and the configuration that says so."""

import json
import sys
import sysconfig
from pathlib import Path
from typing import Any

from .settings import Settings

PACKAGE = __name__.partition(".")[0]


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
