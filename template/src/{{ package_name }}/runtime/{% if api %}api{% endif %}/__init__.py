"""The API that tools call: what the lifespan opens, and what handlers do with it."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx2
from pydantic import AfterValidator
from pydantic_core import to_json

from ..errors import ToolError
from ..http_client.errors import http_error_text
from .answers import ApiAnswer, error_text
from .parameters import expand_path, form_content, header_lines, query_string

type Values = Mapping[str, Any]
"""Arguments by the names that the API has for them. Those that are None are not sent."""

_NONE: Values = {}


def _api_url(url: str) -> str:
    parts = urlsplit(url)
    is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
    if not is_whole or parts.query or parts.fragment:
        raise ValueError("write a URL with http or https, without a user, a query and a fragment")
    return url


type ApiUrl = Annotated[str, AfterValidator(_api_url)]
"""The URL in front of all paths of an API."""


class Api:
    """Requests to one API, with the credentials that belong to it.

    `http` sets the limits. A mocked API sends nothing: each request counts as not implemented.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        url: str,
        *,
        auth: httpx2.Auth | None = None,
        mocked: bool = False,
    ) -> None:
        self._http, self._url, self._auth, self._mocked = http, url.rstrip("/"), auth, mocked

    async def request(
        self,
        method: str,
        template: str,
        /,
        *,
        path: Values = _NONE,
        query: Values = _NONE,
        headers: Values = _NONE,
        cookies: Values = _NONE,
        json: Values | None = None,
        form: Any = None,
        body: Any = None,
        text: str | None = None,
        styles: Mapping[str, str] = _NONE,
    ) -> ApiAnswer:
        """Send a request, and return an answer whose status is below 400.

        `template` is a path in which `{name}` stands for a value of `path`, as one part of it: a
        value cannot lead to another path. `json` and `form` are objects, `body` is any value as
        JSON. `styles` has those of OpenAPI that are not the default of their place, with `*` where
        arrays and objects are exploded: `{"tags": "form", "filter": "deepObject*"}`.

        Raises:
            ToolError: a value cannot be sent, the API cannot be reached, or it answers an error.
        """
        request = f"{method} {template}"
        if self._mocked:
            raise NotImplementedError(request)
        url = self._url + expand_path(template, path, styles)
        if asked := query_string(query, styles):
            url += f"?{asked}"
        lines = header_lines(headers, cookies, styles)
        content: bytes | None = None
        if json is not None:
            kept = {name: value for name, value in json.items() if value is not None}
            content, kind = to_json(kept, by_alias=True, exclude_none=True), "application/json"
        elif body is not None:
            content, kind = to_json(body, by_alias=True, exclude_none=True), "application/json"
        elif form is not None:
            content, kind = form_content(form), "application/x-www-form-urlencoded"
        elif text is not None:
            content, kind = text.encode(), "text/plain; charset=utf-8"
        if content is not None:
            lines.append((b"Content-Type", kind.encode()))
        try:
            response = await self._http.request(
                method, url, headers=lines, content=content, auth=self._auth
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ToolError(f"{request}: {http_error_text(error)}") from error
        if response.status_code >= httpx2.codes.BAD_REQUEST:
            raise ToolError(error_text(request, response))
        return ApiAnswer(request, response)
