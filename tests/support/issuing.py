"""An authorization server that has signed one token: its metadata and its key, and no pages."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

PUBLIC_URL = "https://mcp.example.org/mcp"
SCOPE = "mcp"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def issuing(directory: Path) -> Iterator[tuple[str, str]]:
    """Yield the address of an issuer, which keeps its files in a directory, and its token."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(directory)))
    url = f"http://127.0.0.1:{server.server_port}"
    private = rsa.generate_private_key(65537, 2048)
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True) | {"kid": "one"}
    well_known = directory / ".well-known"
    well_known.mkdir(parents=True)
    metadata = {"issuer": url, "jwks_uri": f"{url}/keys"}
    (well_known / "oauth-authorization-server").write_text(json.dumps(metadata))
    (directory / "keys").write_text(json.dumps({"keys": [public]}))
    claims = {"iss": url, "aud": PUBLIC_URL, "sub": "ada", "client_id": "suite", "scope": SCOPE}
    headers = {"typ": "at+jwt", "kid": "one"}
    token = jwt.encode(claims | {"exp": time.time() + 3600}, private, "RS256", headers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield url, token
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
