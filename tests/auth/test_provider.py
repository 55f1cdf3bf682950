"""Servers with `auth: jwt` and a real authorization server, through the OAuth client of the SDK.

The authorization server is node-oidc-provider, at a fixed version. A client that knows nothing but
the address of the server discovers it, registers or says where its metadata are, has its user sign
in, and calls.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import jwt
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from pydantic import AnyUrl

from support import downloads
from support.rendering import Project, copy

HERE = Path(__file__).resolve().parent
PATIENCE = 60
CALLBACK = "http://127.0.0.1:1/callback"  # Nobody listens there: the user stops in front of it.

CLIENT = "https://client.example.org/metadata.json"

TOOLS = [
    {
        "name": name,
        "description": description,
        "scopes": [scope],
        "result": {"answer": {"type": "str", "description": "What it says.", "example": name}},
    }
    for name, description, scope in (
        ("list_notes", "List the notes.", "notes:read"),
        ("add_note", "Add a note.", "notes:write"),
    )
]


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    directory = tmp_path_factory.mktemp("auth") / "server"
    answers = {"project_name": "Notes", "example": False, "http": True, "auth": "jwt"}
    return copy(template, directory, **answers, tools=TOOLS)


@contextlib.contextmanager
def started(command: list[str], log: Path, line: str, **variables: str) -> Iterator[str]:
    """Start a command, and yield what it says in a line of its log."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PY")}
    with (
        log.open("w+b") as file,
        subprocess.Popen(command, env=environment | variables, stdout=file, stderr=file) as process,
    ):
        try:
            end = time.monotonic() + PATIENCE
            while not (found := re.search(line, log.read_text(), re.MULTILINE)):
                assert process.poll() is None, f"it has ended: {log.read_text()}"
                assert time.monotonic() < end, f"it does not start: {log.read_text()}"
                time.sleep(0.05)
            yield found[1]
        finally:
            process.terminate()
            process.wait(PATIENCE)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An authorization server, which is away when the module has ended."""
    directory = tmp_path_factory.mktemp("issuer")
    script = directory / "provider.mjs"
    shutil.copy(HERE / script.name, script)
    # Node looks for packages beside the script.
    (directory / "node_modules").symlink_to(downloads.npm(HERE) / "node_modules")
    arguments = ("notes:read notes:write", CLIENT, CALLBACK)
    command = [str(downloads.node()), str(script), *arguments]
    with started(command, directory / "issuer.log", r"^(http://\S+)$") as address:
        yield address


class Storage:
    """Keeps what a client has been given."""

    def __init__(self) -> None:
        self.tokens: list[OAuthToken] = []
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens[-1] if self.tokens else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens.append(tokens)

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class User:
    """Signs in and consents, as a browser sends it."""

    def __init__(self) -> None:
        self._browser = httpx2.AsyncClient()
        self._arrived_at = ""
        self.asked_for: list[set[str]] = []

    async def sign_in(self, url: str) -> None:
        self.asked_for.append(set(parse_qs(urlsplit(url).query)["scope"][0].split()))
        for _ in range(12):
            response = await self._browser.get(url)
            while response.status_code == 200:  # A page with a form.
                (action,) = re.findall(r'<form[^>]* action="([^"]+)"', response.text)
                hidden = re.findall(r'name="prompt" value="(\w+)"', response.text)
                form = {"prompt": hidden[0], "login": "ada", "password": "any"}
                response = await self._browser.post(urljoin(str(response.url), action), data=form)
            url = urljoin(str(response.url), response.headers["location"])
            if url.startswith(CALLBACK):
                self._arrived_at = url
                return
        raise AssertionError(f"sign-in does not end: {url}")

    async def come_back(self) -> AuthorizationCodeResult:
        query = parse_qs(urlsplit(self._arrived_at).query)
        assert "code" in query, query
        found = {name: query[name][0] for name in ("code", "state", "iss")}
        return AuthorizationCodeResult(**found)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("mode", "document"),
    [("auto", None), ("legacy", None), ("auto", CLIENT)],
    ids=["auto", "legacy", "client metadata document"],
)
async def test_a_client_gets_its_tokens_by_itself(
    project: Project, issuer: str, mode: str, document: str | None, tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/mcp"
    settings = {
        "NOTES_PUBLIC_URL": url,
        "NOTES_AUTH_ISSUER": issuer,
        "NOTES_AUTH_SCOPES": "notes:read",
        "NOTES_MOCK": "1",
        "PYTHONPATH": str(project.path / "src"),
    }
    log = tmp_path / "server.log"
    command = [sys.executable, "-m", "notes", "--transport", "http", "--port", str(port)]
    user, storage = User(), Storage()
    metadata = OAuthClientMetadata(redirect_uris=[AnyUrl(CALLBACK)], client_name="A client")
    oauth = OAuthClientProvider(
        *(url, metadata, storage, user.sign_in, user.come_back), client_metadata_url=document
    )
    with started(command, log, r"serving (\S+)", **settings):
        async with (
            httpx2.AsyncClient(auth=oauth, timeout=PATIENCE) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as client,
        ):
            # Discovery, registration, authorization code with PKCE; the 401 names the scope.
            listed = [tool.name for tool in (await client.list_tools()).tools]
            assert sorted(listed) == ["add_note", "list_notes"]
            assert user.asked_for == [{"notes:read", "offline_access"}]
            result = await client.call_tool("list_notes")
            assert result.structured_content == {"answer": "list_notes"}
            # More scopes: the 403 names them, and the client asks its user for both.
            result = await client.call_tool("add_note")
            assert result.structured_content == {"answer": "add_note"}
            assert user.asked_for[1:] == [{"notes:read", "notes:write", "offline_access"}]
            # A new token, without the user.
            oauth.context.token_expiry_time = time.time() - 1
            result = await client.call_tool("add_note")
            assert result.structured_content == {"answer": "add_note"}
            assert len(user.asked_for) == 2
        assert storage.client is not None
        assert (storage.client.client_id == CLIENT) == (document == CLIENT)
        tokens = [one.access_token for one in storage.tokens]
        assert len(set(tokens)) == 3
        # Nobody else gets in with them, and they are what the specification wants.
        claims = jwt.decode(tokens[-1], options={"verify_signature": False})
        assert jwt.get_unverified_header(tokens[-1])["typ"] == "at+jwt"
        assert (claims["iss"], claims["aud"], claims["sub"]) == (issuer, url, "ada")
        async with httpx2.AsyncClient() as stranger:
            refused = await stranger.post(url, headers={"Authorization": f"Bearer {tokens[0]}x"})
            assert refused.status_code == 401
    text = log.read_text()
    assert len(re.findall(r"tool add_note: ok in .* ms for ada$", text, re.MULTILINE)) == 2
    assert len(re.findall(r"with 403: the token lacks one of the scopes", text)) == 1
    assert not [token for token in tokens if token in text]


async def test_the_token_of_another_server_of_the_same_issuer_is_refused(
    project: Project, issuer: str, tmp_path: Path
) -> None:
    ports = free_port(), free_port()
    urls = [f"http://127.0.0.1:{port}/mcp" for port in ports]
    user, storage = User(), Storage()
    metadata = OAuthClientMetadata(redirect_uris=[AnyUrl(CALLBACK)], client_name="A client")
    oauth = OAuthClientProvider(urls[0], metadata, storage, user.sign_in, user.come_back)
    with contextlib.ExitStack() as stack:
        for port, url in zip(ports, urls, strict=True):
            settings = {
                "NOTES_PUBLIC_URL": url,
                "NOTES_AUTH_ISSUER": issuer,
                "PYTHONPATH": str(project.path / "src"),
            }
            command = [sys.executable, "-m", "notes", "--transport", "http", "--port", str(port)]
            stack.enter_context(
                started(command, tmp_path / f"{port}.log", r"serving (\S+)", **settings)
            )
        async with (
            httpx2.AsyncClient(auth=oauth, timeout=PATIENCE) as http,
            Client(streamable_http_client(urls[0], http_client=http)) as client,
        ):
            await client.list_tools()
        async with httpx2.AsyncClient() as http:
            headers = {"Authorization": f"Bearer {storage.tokens[-1].access_token}"}
            refused = await http.post(urls[1], headers=headers)
    assert refused.status_code == 401
    assert "it is for another audience" in (tmp_path / f"{ports[1]}.log").read_text()
