"""Resources: from a URI to its content, and their list in pages."""

import base64
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcp import MCPError, UriTemplate, types
from mcp.server import ServerRequestContext
from mcp.server.caching import CacheHint, apply_cache_hint

from .errors import McpErrors, ResourceNotFoundError, safe_repr

PAGE_SIZE = 100
MAX_COMPLETIONS = 100  # The specification's limit for one answer.

_AFTER = "after "  # A cursor is this and the last URI of the page before.


@dataclass(frozen=True, slots=True)
class TypedContent:
    """Content with a MIME type that only its provider can know."""

    content: str | bytes
    mime_type: str


type Content = str | bytes | TypedContent | types.ReadResourceResult | types.InputRequiredResult
"""What a provider returns: text, binary data, or a result that is sent as it is."""

type Lister = Callable[[ServerRequestContext[Any]], Awaitable[Sequence[types.Resource]]]
"""Returns the resources of a template that exist."""

type Completer = Callable[[ServerRequestContext[Any], str], Awaitable[Sequence[str]]]
"""Takes the context and what was typed so far; returns the values that begin so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What a resource has beside its URI and its provider."""

    name: str
    title: str | None = None
    description: str | None = None
    icons: list[types.Icon] | None = None
    mime_type: str | None = None
    cache: CacheHint | None = None
    """How long clients of 2026-07-28 may keep what they have read, and for whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(_Entry):
    """A catalog entry for one URI: its provider takes the request's context."""

    uri: str
    provider: Callable[[ServerRequestContext[Any]], Awaitable[Content]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceTemplate(_Entry):
    """A catalog entry for all URIs of a form (RFC 6570).

    The provider takes the context and the variables of the template, as keyword arguments of the
    same names or of those that `parameters` has for them. `lister`, where there is one, names the
    URIs that exist; `completers` complete variables while one types.
    """

    uri_template: str
    provider: Callable[..., Awaitable[Content]]
    lister: Lister | None = None
    completers: Mapping[str, Completer] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
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
        inspect.signature(self.provider).bind(None, **self.arguments(variables))
        if unknown := {*self.completers, *self.parameters} - variables.keys():
            raise TypeError(f"{self.uri_template} has no variable {', '.join(sorted(unknown))}")

    def arguments[ValueT](self, variables: Mapping[str, ValueT]) -> dict[str, ValueT]:
        """Return the values of variables under the names that the provider has for them."""
        return {self.parameters.get(name, name): value for name, value in variables.items()}


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
            types.Resource.model_validate(one, from_attributes=True, by_name=True)
            for one in resources
        ]
        listed = [
            types.ResourceTemplate.model_validate(one, from_attributes=True, by_name=True)
            for one in templates
        ]
        self.list_resource_templates = one_page(
            types.ListResourceTemplatesResult(resource_templates=listed)
        )

    async def list_resources(
        self, context: ServerRequestContext[Any], params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """Answer `resources/list`: a page of what exists, in the order of the URIs."""
        start = ""
        if params is not None and params.cursor is not None:
            start = params.cursor.removeprefix(_AFTER)
            if start == params.cursor:
                raise _unknown(params.cursor)
        listed = list(self._fixed)
        async with McpErrors("listing resources", self._time_limit):
            for template in self._templates:
                if template.lister is not None:
                    listed.extend(await template.lister(context))
        rest = [resource for resource in listed if resource.uri > start]
        page = sorted(rest, key=lambda resource: resource.uri)[: PAGE_SIZE + 1]
        # The cursor names a URI and not a position: what appears or goes between two pages then
        # neither repeats nor hides another resource.
        cursor = f"{_AFTER}{page[PAGE_SIZE - 1].uri}" if len(page) > PAGE_SIZE else None
        return types.ListResourcesResult(resources=page[:PAGE_SIZE], next_cursor=cursor)

    async def read_resource(
        self, context: ServerRequestContext[Any], params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult | types.InputRequiredResult:
        """Answer `resources/read`.

        Raises:
            ResourceNotFoundError: no entry of the catalog fits the URI, or its provider says so.
        """
        uri = str(params.uri)
        try:
            async with McpErrors(f"resource {safe_repr(uri)}", self._time_limit):
                if (resource := self._resources.get(uri)) is not None:
                    content = await resource.provider(context)
                    return _result(uri, content, resource.mime_type, resource.cache)
                for template in self._templates:
                    if (variables := template.parsed.match(uri)) is not None:
                        content = await template.provider(context, **template.arguments(variables))
                        return _result(uri, content, template.mime_type, template.cache)
        except ResourceNotFoundError as error:
            # A provider may write the URI in another way than the client did.
            raise ResourceNotFoundError(uri) from error
        raise ResourceNotFoundError(uri)

    async def complete(
        self, context: ServerRequestContext[Any], params: types.CompleteRequestParams
    ) -> types.CompleteResult:
        """Answer `completion/complete` for a variable of a template; others have no values."""
        if isinstance(params.ref, types.ResourceTemplateReference):
            for template in self._templates:
                completer = template.completers.get(params.argument.name)
                if template.uri_template == params.ref.uri and completer is not None:
                    what = f"completion for {template.uri_template}"
                    async with McpErrors(what, self._time_limit):
                        return completion(await completer(context, params.argument.value))
        return completion(())


def completion(values: Sequence[str]) -> types.CompleteResult:
    """Return the answer to `completion/complete`: the first of the values, and how many there are."""
    return types.CompleteResult(
        completion=types.Completion(
            values=list(values[:MAX_COMPLETIONS]),
            total=len(values),
            has_more=len(values) > MAX_COMPLETIONS,
        )
    )


def one_page[ResultT](
    listing: ResultT,
) -> Callable[[ServerRequestContext[Any], types.PaginatedRequestParams | None], Awaitable[ResultT]]:
    """Return what answers a request for a list: all of it, in the order of the catalog."""

    async def answer(
        context: ServerRequestContext[Any], params: types.PaginatedRequestParams | None
    ) -> ResultT:
        if params is not None and params.cursor is not None:
            raise _unknown(params.cursor)
        return listing

    return answer


def _result(
    uri: str, content: Content, mime_type: str | None, cache: CacheHint | None
) -> types.ReadResourceResult | types.InputRequiredResult:
    match content:
        case TypedContent():
            return _result(uri, content.content, content.mime_type, cache)
        case str():
            text = types.TextResourceContents(uri=uri, mime_type=mime_type, text=content)
            return _result(uri, types.ReadResourceResult(contents=[text]), mime_type, cache)
        case bytes():
            data = base64.b64encode(content).decode("ascii")
            blob = types.BlobResourceContents(uri=uri, mime_type=mime_type, blob=data)
            return _result(uri, types.ReadResourceResult(contents=[blob]), mime_type, cache)
        case types.ReadResourceResult():
            return content if cache is None else apply_cache_hint(content, cache)
        case types.InputRequiredResult():
            return content
    raise TypeError(f"the provider returned {type(content).__name__}, which is no content")


def _unknown(cursor: str) -> MCPError:
    return MCPError(types.INVALID_PARAMS, f"Unknown cursor: {safe_repr(cursor)}")
