"""Which requests are sent again, and when."""

import contextlib
import datetime
import secrets
from email.utils import parsedate_to_datetime

import httpx2

from .errors import RefusedAddressError, UnknownHostError, is_tls_error

_IDEMPOTENT = {"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"}  # RFC 9110, 9.2.2
_PASSING_STATUSES = {429, 502, 503, 504}
_PASSING_ERRORS = (httpx2.ConnectTimeout, httpx2.NetworkError, httpx2.RemoteProtocolError)
_FIRST_DELAY = 0.5  # Seconds; each further delay is twice as long.

_random = secrets.SystemRandom()


def can_be_repeated(request: httpx2.Request) -> bool:
    """Return whether it does no harm to send a request twice, and whether its content allows it."""
    return request.method in _IDEMPOTENT and isinstance(request.stream, httpx2.ByteStream)


def may_pass(outcome: httpx2.Response | httpx2.TransportError) -> bool:
    """Return whether what came of a request may be better the next time."""
    if isinstance(outcome, httpx2.Response):
        return outcome.status_code in _PASSING_STATUSES
    if isinstance(outcome, RefusedAddressError | UnknownHostError) or is_tls_error(outcome):
        return False
    return isinstance(outcome, _PASSING_ERRORS)


def retry_delay(attempt: int, outcome: httpx2.Response | httpx2.TransportError) -> float:
    """Return the seconds to wait: what the server asks for, else a random part of a growing time."""
    if isinstance(outcome, httpx2.Response):
        asked = retry_after(outcome.headers)
        if asked is not None:
            return asked
    return _random.uniform(0.5, 1) * _FIRST_DELAY * (1 << attempt)


def retry_after(headers: httpx2.Headers) -> float | None:
    """Return the seconds of `Retry-After`, which are given or lead to a date (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    with contextlib.suppress(ValueError, OverflowError):
        date = parsedate_to_datetime(value)
        if date.tzinfo is None:
            date = date.replace(tzinfo=datetime.UTC)
        return max(0.0, (date - datetime.datetime.now(datetime.UTC)).total_seconds())
    return None
