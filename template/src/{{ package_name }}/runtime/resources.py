"""Resources: from a URI to its content, and their list in pages."""

import base64
import binascii
import heapq
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcp import MCPError, UriTemplate
from mcp.server import ServerRequestContext
from mcp.server.caching import CacheHint, apply_cache_hint
from mcp.types import (
    INVALID_PARAMS,
    BlobResourceContents,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    InputRequiredResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    ResourceTemplateReference,
    TextResourceContents,
)
from mcp.types import Resource as ResourceDescription
from mcp.types import ResourceTemplate as ResourceTemplateDescription

from .errors import ResourceNotFoundError, mcp_errors, safe_repr

PAGE_SIZE = 100
MAX_COMPLETIONS = 100  # The specification's limit for one answer.


@dataclass(frozen=True, slots=True)
class TypedContent:
    """Content with a MIME type that only its provider can know."""

    content: str | bytes
    mime_type: str


type Content = str | bytes | TypedContent | ReadResourceResult | InputRequiredResult
"""What a provider returns: text, binary data, or a result that is sent as it is."""

type Lister = Callable[[ServerRequestContext[Any]], Awaitable[Sequence[ResourceDescription]]]
"""Returns the resources of a template that exist."""

type Completer = Callable[[ServerRequestContext[Any], str], Awaitable[Sequence[str]]]
"""Takes the context and what was typed so far; returns the values that begin so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A catalog entry for one URI: its provider takes the request's context.

    `cache` tells clients of 2026-07-28 how long they may keep what they have read, and for whom.
    """

    uri: str
    name: str
    provider: Callable[[ServerRequestContext[Any]], Awaitable[Content]]
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None
    cache: CacheHint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceTemplate:
    """A catalog entry for all URIs of a form (RFC 6570).

    The provider takes the context and the variables of the template, as keyword arguments of the
    same names. `lister`, where there is one, names the URIs that exist; `completers` complete
    variables while one types. `cache` tells clients of 2026-07-28 how long they may keep what they
    have read, and for whom.
    """

    uri_template: str
    name: str
    provider: Callable[..., Awaitable[Content]]
    lister: Lister | None = None
    completers: Mapping[str, Completer] = field(default_factory=dict)
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None
    cache: CacheHint | None = None
    parsed: UriTemplate = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Parse the template and check that the provider takes its variables.

        Raises:
            InvalidUriTemplate: the template is not one of RFC 6570.
            TypeError: the provider's parameters are not the template's variables, or what is to be
                completed is none of them.
        """
        object.__setattr__(self, "parsed", UriTemplate.parse(self.uri_template))
        variables = dict.fromkeys(self.parsed.variable_names, "")
        inspect.signature(self.provider).bind(None, **variables)
        if unknown := self.completers.keys() - variables.keys():
            raise TypeError(f"{self.uri_template} has no variable {', '.join(sorted(unknown))}")


class ResourceSet:
    """The resources of a catalog, whose functions have `time_limit` seconds for a request."""

    def __init__(
        self,
        resources: Sequence[Resource],
        templates: Sequence[ResourceTemplate],
        *,
        time_limit: float,
    ) -> None:
        self._resources = {resource.uri: resource for resource in resources}
        if len(self._resources) < len(resources):
            raise ValueError("two resources in the catalog have the same URI")
        self._templates = templates
        self._time_limit = time_limit
        self._fixed = [
            ResourceDescription(uri=resource.uri, **_shown(resource)) for resource in resources
        ]
        self._template_listing = ListResourceTemplatesResult(
            resource_templates=[
                ResourceTemplateDescription(uri_template=one.uri_template, **_shown(one))
                for one in templates
            ]
        )

    async def list_resources(
        self, context: ServerRequestContext[Any], params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        """Answer `resources/list`: a page of what exists, in the order of the URIs."""
        start = _uri_of(params.cursor) if params is not None and params.cursor is not None else ""
        listed = list(self._fixed)
        what = "listing resources"
        async with mcp_errors(what, self._time_limit):
            for template in self._templates:
                if template.lister is not None:
                    listed.extend(await template.lister(context))
        # There may be many: to sort all of them for each page would hold up other requests.
        rest = heapq.nsmallest(
            PAGE_SIZE + 1, (r for r in listed if r.uri > start), key=lambda resource: resource.uri
        )
        page = rest[:PAGE_SIZE]
        # The cursor names the last URI and not a position: what appears or goes between two
        # pages then neither repeats nor hides another resource.
        cursor = _cursor(page[-1].uri) if len(rest) > len(page) else None
        return ListResourcesResult(resources=page, next_cursor=cursor)

    async def list_resource_templates(
        self, context: ServerRequestContext[Any], params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        """Answer `resources/templates/list`: all templates on one page."""
        if params is not None and params.cursor is not None:
            raise MCPError(INVALID_PARAMS, f"Unknown cursor: {safe_repr(params.cursor)}")
        return self._template_listing

    async def read_resource(
        self, context: ServerRequestContext[Any], params: ReadResourceRequestParams
    ) -> ReadResourceResult | InputRequiredResult:
        """Answer `resources/read`.

        Raises:
            ResourceNotFoundError: no entry of the catalog fits the URI, or its provider says so.
        """
        uri = str(params.uri)
        what = f"resource {safe_repr(uri)}"
        try:
            async with mcp_errors(what, self._time_limit):
                if (resource := self._resources.get(uri)) is not None:
                    return _cached(resource, uri, await resource.provider(context))
                for template in self._templates:
                    if (variables := template.parsed.match(uri)) is not None:
                        content = await template.provider(context, **variables)
                        return _cached(template, uri, content)
        except ResourceNotFoundError as error:
            # A provider may write the URI in another way than the client did.
            raise ResourceNotFoundError(uri) from error
        raise ResourceNotFoundError(uri)

    async def complete(
        self, context: ServerRequestContext[Any], params: CompleteRequestParams
    ) -> CompleteResult:
        """Answer `completion/complete` for a variable of a template; others have no values."""
        if isinstance(params.ref, ResourceTemplateReference):
            for template in self._templates:
                completer = template.completers.get(params.argument.name)
                if template.uri_template == params.ref.uri and completer is not None:
                    what = f"completion for {template.uri_template}"
                    async with mcp_errors(what, self._time_limit):
                        return completion(await completer(context, params.argument.value))
        return completion(())


def completion(values: Sequence[str]) -> CompleteResult:
    """Return the answer to `completion/complete`: the first of the values, and how many there are."""
    return CompleteResult(
        completion=Completion(
            values=list(values[:MAX_COMPLETIONS]),
            total=len(values),
            has_more=len(values) > MAX_COMPLETIONS,
        )
    )


def _shown(entry: Resource | ResourceTemplate) -> dict[str, Any]:
    """Return what clients see of an entry beside its URI."""
    return {name: getattr(entry, name) for name in ("name", "title", "description", "mime_type")}


def _cached(
    entry: Resource | ResourceTemplate, uri: str, content: Content
) -> ReadResourceResult | InputRequiredResult:
    result = _result(uri, entry.mime_type, content)
    if entry.cache is None or isinstance(result, InputRequiredResult):
        return result
    return apply_cache_hint(result, entry.cache)


def _result(
    uri: str, mime_type: str | None, content: Content
) -> ReadResourceResult | InputRequiredResult:
    match content:
        case TypedContent():
            return _result(uri, content.mime_type, content.content)
        case str():
            text = TextResourceContents(uri=uri, mime_type=mime_type, text=content)
            return ReadResourceResult(contents=[text])
        case bytes():
            blob = base64.b64encode(content).decode("ascii")
            binary = BlobResourceContents(uri=uri, mime_type=mime_type, blob=blob)
            return ReadResourceResult(contents=[binary])
        case _:
            return content


def _cursor(uri: str) -> str:
    return base64.urlsafe_b64encode(uri.encode()).decode("ascii")


def _uri_of(cursor: str) -> str:
    try:
        return base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise MCPError(INVALID_PARAMS, f"Unknown cursor: {safe_repr(cursor)}") from error
