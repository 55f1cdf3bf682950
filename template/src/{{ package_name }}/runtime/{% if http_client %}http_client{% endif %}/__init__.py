"""The client for other servers: what the lifespan opens, and what handlers do with it."""

import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import IPv4Network, IPv6Network
from ssl import SSLContext

import httpx2

CONNECT_TIMEOUT = 5.0  # Seconds to find and reach a host, also to wait for a free connection.
MAX_REDIRECTS = 5


@asynccontextmanager
async def open_http_client(
    *,
    user_agent: str,
    base_url: str = "",
    time_limit: float = 20,
    retries: int = 2,
    max_connections: int = 20,
    max_response_bytes: int = 10 * 1024 * 1024,
    allowed_networks: Iterable[IPv4Network | IPv6Network] = (),
    ssl_context: SSLContext | None = None,
) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client that all calls share. It connects to public addresses and `allowed_networks`.

    So a URL may come from a model. For a server inside, open a client of its own with a `base_url`
    and the network of that server, and let no URL of a model reach it.

    `time_limit` is in seconds, for a request with its retries and redirects up to the last byte of the
    answer. `max_response_bytes` counts what is unpacked. Up to 5 redirects are followed. Cookies
    are not kept, because calls of all users share the client. Proxies in environment variables are
    ignored, because a proxy would look names up itself. Without `ssl_context` it trusts what the
    system trusts, or the certificates in `SSL_CERT_FILE`.

    What fails is one of httpx2's exceptions, among them `RefusedAddressError` and
    `ResponseTooLargeError`. One that a handler lets pass becomes a tool error.
    """
    # Imported where it is needed: it takes a tenth of a second.
    from .transport import PoolTransport, RetryingTransport

    for name in ("httpx2", "httpcore2"):
        # They log whole URLs and headers, which may hold secrets.
        logging.getLogger(name).setLevel(logging.WARNING)
    connect = min(time_limit / 2, CONNECT_TIMEOUT)
    pool = PoolTransport(
        ssl_context=ssl_context or httpx2.create_ssl_context(),
        max_connections=max_connections,
        max_response_bytes=max_response_bytes,
        allowed_networks=tuple(allowed_networks),
    )
    async with httpx2.AsyncClient(
        transport=RetryingTransport(pool, retries=retries, time_limit=time_limit),
        base_url=base_url,
        headers={"User-Agent": user_agent},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        timeout=httpx2.Timeout(time_limit, connect=connect, pool=connect),
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        trust_env=False,
    ) as client:
        yield client
