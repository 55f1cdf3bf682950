"""How requests go out: over a pool of guarded connections, within limits, and again if need be."""

import asyncio
import codecs
import contextlib
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from ssl import SSLContext
from typing import Any

import httpcore2
import httpx2

from .addresses import GuardedBackend, Network
from .auth import EXTENSION
from .errors import ResponseTooLargeError
from .retries import can_be_repeated, may_pass, retry_delay

KEEPALIVE_EXPIRY = 15.0  # Seconds after which a connection that nobody uses is closed.
_PARTS_AT_ONCE = 256
_DEADLINE = "deadline"  # The extension of a request with the time at which it has to be over.


class RetryingTransport(httpx2.AsyncBaseTransport):
    """Gives a request `time_limit` seconds, and repeats it where that is safe and may help."""

    def __init__(
        self, transport: httpx2.AsyncBaseTransport, *, retries: int, time_limit: float
    ) -> None:
        self._transport, self._retries, self._time_limit = transport, retries, time_limit

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, with all redirects that it leads to within the time of the first."""
        clock = asyncio.get_running_loop().time
        deadline = request.extensions.setdefault(_DEADLINE, clock() + self._time_limit)
        retries = self._retries if can_be_repeated(request) else 0
        attempt = 0
        while True:
            outcome: httpx2.Response | httpx2.TransportError
            # A response that is not handed out is closed, or it would keep its connection.
            async with contextlib.AsyncExitStack() as unused:
                try:
                    outcome = await self._transport.handle_async_request(request)
                    unused.push_async_callback(outcome.aclose)
                except httpx2.TransportError as error:
                    outcome = error
                is_last = attempt == retries or not may_pass(outcome)
                delay = 0 if is_last else retry_delay(attempt, outcome)
                if is_last or clock() + delay >= deadline:
                    unused.pop_all()
                    if isinstance(outcome, httpx2.TransportError):
                        raise outcome
                    return outcome
            await asyncio.sleep(delay)
            attempt += 1

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()


class PoolTransport(httpx2.AsyncBaseTransport):
    """What `httpx2.AsyncHTTPTransport` is, with guarded connections and bounded answers."""

    def __init__(
        self,
        *,
        ssl_context: SSLContext,
        max_connections: int,
        max_response_bytes: int,
        allowed_networks: Sequence[Network],
    ) -> None:
        self._max_response_bytes = max_response_bytes
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context,
            max_connections=max_connections,
            keepalive_expiry=KEEPALIVE_EXPIRY,
            network_backend=GuardedBackend(allowed_networks),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request with the secret that belongs to its origin, and return the head."""
        url = request.url
        if url.scheme not in ("http", "https"):
            raise httpx2.UnsupportedProtocol("only http and https are served")
        if url.port is not None and url.port > 65535:
            raise httpx2.InvalidURL("there is no such port")
        auth = request.extensions.get(EXTENSION)
        outgoing = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=[*request.headers.raw, *(auth.headers_for(url) if auth else ())],
            content=request.stream,
            extensions=request.extensions,
        )
        deadline: float = request.extensions[_DEADLINE]
        with _httpx_errors():
            async with asyncio.timeout_at(deadline):
                incoming = await self._pool.handle_async_request(outgoing)
        return BoundedResponse(
            self._max_response_bytes,
            incoming.status,
            headers=incoming.headers,
            stream=_Body(incoming, deadline),
            extensions=incoming.extensions,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


class BoundedResponse(httpx2.Response):
    """A response of at most `limit` bytes, which are counted as they are unpacked."""

    def __init__(self, limit: int, status_code: int, **arguments: Any) -> None:
        super().__init__(status_code, **arguments)
        self._limit = limit

    @property
    def charset_encoding(self) -> str | None:
        """Return the charset of the answer, if text can be read with it in a time that is bounded."""
        charset = super().charset_encoding
        if charset is not None:
            # Some codecs are none of text, such as zlib, or none of answers, such as idna.
            with contextlib.suppress(LookupError, ValueError):
                b" ".decode(charset, "replace")
                if codecs.lookup(charset).name != "punycode":  # Its time grows with the square.
                    return charset
        return None

    async def aiter_bytes(self, chunk_size: int | None = None) -> AsyncGenerator[bytes]:
        """Yield the content, unpacked; `aread`, `aiter_text` and `aiter_lines` do it this way.

        Raises:
            ResponseTooLargeError: there is more than the limit.
        """
        size = 0
        async with contextlib.aclosing(super().aiter_bytes(chunk_size)) as parts:
            async for part in parts:
                size += len(part)
                if size > self._limit:
                    text = f"the answer has more than {self._limit} bytes"
                    raise ResponseTooLargeError(text, request=self.request)
                yield part


class _Body(httpx2.AsyncByteStream):
    """The bytes of an answer as they come, until the time of the request is over."""

    def __init__(self, response: httpcore2.Response, deadline: float) -> None:
        self._response, self._deadline = response, deadline

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = self._response.aiter_stream()
        for number in itertools.count(1):
            if number % _PARTS_AT_ONCE == 0:  # There may be many in what has arrived already.
                await asyncio.sleep(0)
            with _httpx_errors():
                async with asyncio.timeout_at(self._deadline):
                    part = await anext(parts, None)
            if part is None:
                return
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


@contextlib.contextmanager
def _httpx_errors() -> Iterator[None]:
    """Raise httpx2's exceptions in the place of those of httpcore2, which have the same names."""
    try:
        yield
    except TimeoutError as error:
        raise httpx2.ReadTimeout("the time of the request is over") from error
    except (
        httpcore2.TimeoutException,
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
        httpcore2.UnsupportedProtocol,
    ) as error:
        kind: type[httpx2.TransportError] = getattr(httpx2, type(error).__name__)
        raise kind(str(error)) from error
