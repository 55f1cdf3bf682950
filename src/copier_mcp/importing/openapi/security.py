"""Says where an API is, and who may call it: `api:` of an answers file."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from copier_mcp.importing.declaring import shown
from copier_mcp.importing.failures import UnreadableError
from copier_mcp.importing.openapi.documents import Place, is_url
from copier_mcp.importing.openapi.losses import Losses
from copier_mcp.importing.openapi.operations import Operation

# Servers ----------------------------------------------------------------------------------------


def base_url(
    root: Place, version: str, found: Sequence[Operation], given: str | None, losses: Losses
) -> tuple[str, list[Operation]]:
    """Return the URL of the API, and the operations that are elsewhere.

    Raises:
        UnreadableError: The document does not say it.
    """
    servers = _servers(root, version)
    own = next((one.servers for one in found if one.servers is not None), None)
    if not servers and own is not None and all(one.servers is not None for one in found):
        servers = [_url(part) for part in _listed(own)]
    if given is not None:
        url = _checked(given, "--url")
    else:
        url = _absolute(root, servers[0] if servers else "/")
    for index in range(1, len(servers)):
        if "servers" in root:
            losses.add(root["servers"][index], "another server")
    elsewhere = []
    for one in found:
        if one.servers is None:
            continue
        if urljoin(_without_user(root.url), _url(_listed(one.servers)[0])).rstrip("/") != url:
            elsewhere.append(one)
    return url, elsewhere


def _listed(servers: Place) -> list[Place]:
    return [servers[index] for index in range(len(servers.value))]


def _servers(root: Place, version: str) -> list[str]:
    if version != "2.0":
        return [_url(place) for place in root.parts("servers")]
    path = str(root.get("basePath") or "/")
    if "host" not in root:
        return [path]
    schemes = root.get("schemes") or [urlsplit(root.url).scheme]
    known = [scheme for scheme in ("https", "http") if scheme in schemes] or ["https"]
    return [f"{scheme}://{root.get('host')}{path}" for scheme in known[:1]]


def _url(server: Place) -> str:
    """Return the URL of a server, in which variables have their defaults."""
    variables = server.get("variables") or {}

    def default(found: re.Match[str]) -> str:
        return str(variables.get(found[1], {}).get("default", found[0]))

    return re.sub(r"\{([^{}]+)\}", default, str(server.get("url") or "/"))


def _absolute(root: Place, url: str) -> str:
    if not is_url(url):
        if not is_url(root.url):
            raise UnreadableError(
                f"{root.documents.name(root.url)}: says of where the API is only {shown(url)}; "
                "write its URL, as in --url https://api.example.com."
            )
        url = urljoin(_without_user(root.url), url)
    return _checked(url, root.documents.name(root.url))


def _without_user(url: str) -> str:
    """Return a URL without a user and a password: they are secret, and for one document alone."""
    return re.sub(r"//.*@", "//", url)


def _checked(url: str, where: str) -> str:
    """Return a URL without a slash at its end.

    Raises:
        UnreadableError: It is none for an API.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        good = good and url.isprintable() and not re.search(r"[\s{}]", url) and not parts.username
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment:
        raise UnreadableError(
            f"{where}: {shown(_without_user(url))} is no URL of an API; write one with --url, "
            "as in --url https://api.example.com."
        )
    return urlunsplit((parts.scheme.lower(), parts.netloc, parts.path.rstrip("/"), "", ""))


# Security ---------------------------------------------------------------------------------------


def auth(
    root: Place, url: str, found: Sequence[Operation], losses: Losses
) -> dict[str, Any] | None:
    """Return how the API is told who calls: the first way that there are words for."""
    schemes = _schemes(root)
    chosen = ""
    made: dict[str, Any] | None = None
    for requirement in _requirements(root, found):
        for name in requirement if len(requirement) == 1 else ():
            if made is None and name in schemes:
                made = _auth(schemes[name], url)
                chosen = name if made else ""
    if made is not None and made["type"] == "oauth2":
        scopes = {
            scope
            for requirement in _requirements(root, found)
            if list(requirement) == [chosen]
            for scope in requirement[chosen]
        }
        if scopes:
            made["scopes"] = sorted(map(str, scopes))
    for name in _used(root, found):
        if name != chosen and name in schemes:
            losses.add(schemes[name], f"the security scheme {_told(schemes[name])}")
    _tell_others(root, found, chosen, losses)
    return made


def _schemes(root: Place) -> dict[str, Place]:
    found = root.below("securityDefinitions") or root.below("components", "securitySchemes")
    return {name: scheme.followed() for name, scheme in found.items()} if found else {}


def _required(place: Place) -> list[dict[str, Any]] | None:
    found = place.get("security")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else None


def _requirements(root: Place, found: Sequence[Operation]) -> Iterator[dict[str, Any]]:
    """Yield the alternatives of the document, then those of its operations."""
    for place in (root, *(one.place for one in found)):
        yield from _required(place) or ()


def _used(root: Place, found: Sequence[Operation]) -> list[str]:
    names = (name for requirement in _requirements(root, found) for name in requirement)
    return list(dict.fromkeys(names))


def _tell_others(root: Place, found: Sequence[Operation], chosen: str, losses: Losses) -> None:
    """Name the operations that need something else than the chosen scheme."""
    general = _required(root) or []
    for one in found:
        needed = _required(one.place)
        needed = general if needed is None else needed
        if not any(needed):
            if chosen:
                losses.add(one.place, "needs no credentials; those of api.auth are sent there, too")
        elif {} not in needed and not any(list(way) == [chosen] for way in needed):
            ways = " or ".join(" and ".join(sorted(way)) for way in needed)
            losses.add(one.place, f"needs {shown(ways)}")


def _auth(place: Place, url: str) -> dict[str, Any] | None:
    match place.get("type"), str(place.get("scheme", "")).lower():
        case ("http", "bearer"):
            return {"type": "bearer"}
        case ("http", "basic") | ("basic", _):
            return {"type": "basic"}
        case ("apiKey", _):
            return {"type": "api_key", "in": place.get("in"), "name": place.get("name")}
        case ("oauth2", _):
            flows = place.get("flows") or {}
            flow = flows.get("clientCredentials")
            if place.get("flow") == "application":
                flow = place.value
            if isinstance(flow, dict) and flow.get("tokenUrl"):
                return {"type": "oauth2", "token_url": urljoin(f"{url}/", str(flow["tokenUrl"]))}
    return None


def _told(place: Place) -> str:
    flows = sorted(place.get("flows") or [str(place.get("flow", ""))])
    parts = [place.get("type"), place.get("scheme"), *flows]
    return shown(" ".join(str(part) for part in parts if part))
