"""How requests to other servers fail, and what a model reads about it."""

import ssl

import httpx2


class RefusedAddressError(httpx2.ConnectError):
    """The host has only addresses that are neither public nor in an allowed network."""


class UnknownHostError(httpx2.ConnectError):
    """There is no address for the name of the host."""


class ResponseTooLargeError(httpx2.RequestError):
    """The answer is larger than the client takes."""


# The first that fits says what a host did.
_REASONS: tuple[tuple[type[httpx2.HTTPError], str], ...] = (
    (RefusedAddressError, "is refused: it has no public address"),
    (UnknownHostError, "is unknown: there is no address for this name"),
    (ResponseTooLargeError, "sent an answer that is too large"),
    (httpx2.PoolTimeout, "was not asked: too many other requests are running"),
    (httpx2.TimeoutException, "did not answer in time"),
    (httpx2.TooManyRedirects, "redirects too often"),
    (httpx2.DecodingError, "sent an answer that cannot be unpacked"),
    (httpx2.UnsupportedProtocol, "is refused: only http and https URLs are served"),
    (httpx2.ConnectError, "cannot be reached"),
    (httpx2.NetworkError, "broke the connection off"),
    (httpx2.RemoteProtocolError, "sent an answer that is incomplete or not valid HTTP"),
)


def http_error_text(error: BaseException) -> str | None:
    """Return what a model may know of a request that failed; nothing if something else failed.

    The text names the host alone: paths, queries and what a server answers may hold secrets.
    A group of exceptions has a text if each of them has one.
    """
    if isinstance(error, BaseExceptionGroup):
        texts = [http_error_text(part) for part in error.exceptions]
        found = [text for text in dict.fromkeys(texts) if text is not None]
        return "\n".join(found) if all(texts) else None
    if isinstance(error, httpx2.InvalidURL):
        return "The URL is not valid."
    if not isinstance(error, httpx2.HTTPError):
        return None
    host = _host(error) or "The URL"
    if isinstance(error, httpx2.HTTPStatusError):
        status = error.response.status_code
        return f"{host} answered {status} {httpx2.codes.get_reason_phrase(status)}".rstrip() + "."
    if is_tls_error(error):
        return f"{host} has no valid certificate, or does not speak TLS."
    reasons = (reason for kind, reason in _REASONS if isinstance(error, kind))
    return f"{host} {next(reasons, 'could not be asked')}."


def _host(error: httpx2.HTTPError) -> str:
    try:
        return error.request.url.raw_host.decode("ascii")[:100]
    except RuntimeError:  # It was raised without its request.
        return ""


def is_tls_error(error: BaseException) -> bool:
    """Return whether a connection failed because of TLS, as with a wrong certificate."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None
