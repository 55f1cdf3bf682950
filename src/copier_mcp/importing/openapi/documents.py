"""A document and those that it refers to, fetched from where it stands and from nowhere else."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from urllib.request import url2pathname

import httpx2
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable

from copier_mcp.check.report import printable
from copier_mcp.importing.failures import UnreadableError, first_line, url_for_people
from copier_mcp.importing.openapi.parsing import MAX_BYTES, parse

MAX_DOCUMENTS = 200
TIMEOUT = 30.0
MAX_SECONDS = 120.0
"""For all downloads together; a server may send a byte from time to time."""


def is_url(target: str) -> bool:
    return target.lower().startswith(("http://", "https://"))


class Documents:
    """Fetches documents, each once, all of them within one size."""

    def __init__(self, target: str, *, anywhere: bool = False) -> None:
        self.url = target if is_url(target) else _path(target).as_uri()
        """Where the document is."""
        self._name = target
        self._anywhere = anywhere
        self._left = MAX_BYTES
        self._seconds = MAX_SECONDS
        self._found: dict[str, Resource[Any]] = {}
        self._refused = ""
        self.registry: Registry[Any] = Registry(retrieve=self.retrieve)  # type: ignore[call-arg]

    def root(self) -> "Place":
        """Return the document itself.

        Raises:
            UnreadableError: It cannot be read.
        """
        return Place(self, self.fetch(self.url).contents, self.url, "")

    def lookup(self, base: str, reference: str) -> Any:
        """Return what a reference in a document leads to.

        Raises:
            UnreadableError: It leads nowhere, or where nothing may be read.
        """
        try:
            return self.registry.resolver(base_uri=base).lookup(reference).contents
        except Unresolvable as error:
            raise self.unresolvable(reference) from error

    def unresolvable(self, reference: str) -> UnreadableError:
        if self._refused:
            return UnreadableError(self._refused)
        return UnreadableError(f"{self.name(self.url)}: {first_line(reference)} leads nowhere.")

    def name(self, url: str) -> str:
        """Return a document's name for people: as it was given, or beside that one."""
        if url == self.url:
            return url_for_people(self._name) if is_url(self._name) else printable(self._name)
        directory = self.url.rpartition("/")[0] + "/"
        return printable(unquote(url.removeprefix(directory))) if url else ""

    def fetch(self, url: str) -> Resource[Any]:
        """Return a document.

        Raises:
            UnreadableError: It may not be read, or cannot.
        """
        if url not in self._found:
            if len(self._found) == MAX_DOCUMENTS:
                raise UnreadableError(f"refers to more than {MAX_DOCUMENTS} documents.")
            self._check(url)
            name = self.name(url)
            self._add(url, self._content(url, name))
        return self._found[url]

    def add(self, content: bytes) -> None:
        """Take this for the document, and do not read it."""
        self._add(self.url, content)

    def _add(self, url: str, content: bytes) -> None:
        name = self.name(url)
        self._left -= len(content)
        if self._left < 0:
            size = MAX_BYTES // 2**20
            raise UnreadableError(f"{name}: with what it refers to, more than {size} MiB.")
        self._found[url] = Resource.opaque(parse(content, name))

    def retrieve(self, url: str) -> Resource[Any]:
        try:
            return self.fetch(url)
        except UnreadableError as error:
            # Whoever resolves references says only that one leads nowhere.
            self._refused = self._refused or str(error)
            raise

    def _check(self, url: str) -> None:
        """Refuse what is neither the document nor beside or below it.

        Raises:
            UnreadableError: It is elsewhere.
        """
        if url == self.url:
            return
        scheme = urlsplit(url).scheme
        remote = is_url(self.url)
        # A document from elsewhere never reads files, whatever is allowed.
        known = ("http", "https") if remote else ("http", "https", "file")
        if scheme not in known:
            raise UnreadableError(f"{self._name_of(url)}: is nothing that can be read.")
        if self._anywhere:
            return
        if remote or scheme != "file":
            inside = _is_below(url, self.url)
        else:
            inside = _path_of(url).is_relative_to(_path_of(self.url).parent)
        if not inside:
            raise UnreadableError(
                f"{self._name_of(url)}: is not below the directory of the document; "
                "read it with --allow-references, if you trust both."
            )

    def _name_of(self, url: str) -> str:
        return url_for_people(url) if is_url(url) else printable(unquote(url))

    def _content(self, url: str, name: str) -> bytes:
        if is_url(url):
            begin = time.monotonic()
            try:
                return asyncio.run(_download(url, name, self._seconds))
            finally:
                self._seconds -= time.monotonic() - begin
        try:
            with _path_of(url).open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UnreadableError(f"{name}: {reason}") from error


def _path(target: str) -> Path:
    try:
        return Path(target).resolve()
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{printable(target)}: {first_line(error)}") from error


def _path_of(url: str) -> Path:
    """Return the path of a file, with all links followed."""
    return _path(url2pathname(urlsplit(url).path))


def _is_below(url: str, document: str) -> bool:
    """Compare origins and paths; what an encoded path would become, nobody knows."""
    here, there = urlsplit(document), urlsplit(url)
    directory = here.path.rpartition("/")[0] + "/"
    path = unquote(there.path)
    clean = ".." not in path.split("/") and "\\" not in path
    same = (here.scheme, here.netloc) == (there.scheme, there.netloc)
    return same and clean and there.path.startswith(directory)


async def _download(url: str, name: str, seconds: float) -> bytes:
    """Read what stands at a URL; where that sends us elsewhere, we do not go.

    Raises:
        UnreadableError: It cannot be read.
    """
    try:
        async with (
            asyncio.timeout(seconds),
            httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client,
            client.stream("GET", url) as response,
        ):
            if response.is_redirect:
                to = url_for_people(urljoin(url, response.headers.get("location", "")))
                raise UnreadableError(f"{name}: is at {to}; write that URL, if you trust it.")
            if response.status_code != 200:
                raise UnreadableError(f"{name}: the answer is HTTP status {response.status_code}.")
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MAX_BYTES:
                    break
            return bytes(content)
    except TimeoutError as error:
        said = f"has not come within {MAX_SECONDS:g} s, with what it refers to"
        raise UnreadableError(f"{name}: {said}.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise UnreadableError(f"{name}: cannot be read: {first_line(error)}.") from error


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a document, and where it stands."""

    documents: Documents = field(repr=False, compare=False)
    value: Any
    url: str
    pointer: str
    """A JSON pointer in the document at `url`."""

    def __str__(self) -> str:
        """Name the place for people."""
        inside = self.url == self.documents.url
        return f"{'' if inside else self.documents.name(self.url)}#{printable(self.pointer)}"

    def __contains__(self, key: object) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def __getitem__(self, key: str | int) -> "Place":
        token = str(key).replace("~", "~0").replace("/", "~1")
        return Place(self.documents, self.value[key], self.url, f"{self.pointer}/{token}")

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value below a key."""
        return self.value.get(key, default) if isinstance(self.value, dict) else default

    def below(self, *keys: str) -> "Place | None":
        """Return what stands below some keys, if it is there."""
        place = self
        for key in keys:
            if key not in place:
                return None
            place = place[key]
        return place

    def items(self) -> list[tuple[str, "Place"]]:
        """Return the parts of a mapping, without extensions."""
        if not isinstance(self.value, dict):
            return []
        return [(key, self[key]) for key in self.value if not key.startswith("x-")]

    def parts(self, key: str) -> list["Place"]:
        """Return the items of a list."""
        found = self.get(key)
        return [self[key][index] for index in range(len(found))] if isinstance(found, list) else []

    def with_value(self, value: Any) -> "Place":
        return Place(self.documents, value, self.url, self.pointer)

    def target(self) -> "Place":
        """Return what the reference here leads to, which may be another one."""
        reference = str(self.value["$ref"])
        url, fragment = urldefrag(urljoin(self.url, reference))
        found = self.documents.lookup(self.url, reference)
        return Place(self.documents, found, url, unquote(fragment))

    def followed(self) -> "Place":
        """Return what stands here, or where a reference leads.

        Raises:
            UnreadableError: It leads nowhere, or round in a circle.
        """
        place, seen = self, {(self.url, self.pointer)}
        beside: dict[str, Any] = {}
        while isinstance(place.value, dict) and isinstance(place.value.get("$ref"), str):
            told = {key: place.value[key] for key in ("summary", "description") if key in place}
            beside = told | beside
            place = place.target()
            if (place.url, place.pointer) in seen:
                raise UnreadableError(f"{place}: refers to itself without end.")
            seen.add((place.url, place.pointer))
        if beside and isinstance(place.value, dict):
            return place.with_value(place.value | beside)
        return place
