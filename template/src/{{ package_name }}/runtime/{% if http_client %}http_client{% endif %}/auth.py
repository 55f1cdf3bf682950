"""Secrets that go to the server that they belong to, and to no other."""

from collections.abc import Generator

import httpx2
from pydantic import SecretStr

EXTENSION = "origin_auth"  # The extension of a request in which the transport finds it.


class OriginAuth(httpx2.Auth):
    """A secret for one origin, as `auth=` of a request or a client.

    It is a header that is added where the request leaves: `Authorization: Bearer …`, or another
    with `header="X-Api-Key", scheme=""`. A redirect to another host, port or scheme goes without.
    """

    def __init__(
        self,
        origin: str,
        secret: SecretStr,
        *,
        header: str = "Authorization",
        scheme: str = "Bearer",
    ) -> None:
        self._origin = _origin(httpx2.URL(origin))
        self._secret, self._header, self._scheme = secret, header, scheme

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        """Mark the request. A header that was set here would follow redirects."""
        request.extensions[EXTENSION] = self
        yield request

    def headers_for(self, url: httpx2.URL) -> list[tuple[bytes, bytes]]:
        """Return the header with the secret if the URL belongs to the origin."""
        is_at_home = _origin(url) == self._origin
        return [(self._header.encode(), self.value.encode())] if is_at_home else []

    @property
    def value(self) -> str:
        """Return the value of the header, which no one else may read."""
        return f"{self._scheme} {self._secret.get_secret_value()}".lstrip()


def _origin(url: httpx2.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port
