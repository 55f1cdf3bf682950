"""Makes an answers file of a document, from its first byte to the last check."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from copier_mcp.check.answers import Progress
from copier_mcp.check.reading import MAX_BYTES
from copier_mcp.importing.checking import Draft
from copier_mcp.importing.declaring import Entry, one_line
from copier_mcp.importing.failures import UnreadableError
from copier_mcp.importing.openapi.dialect import Dialect
from copier_mcp.importing.openapi.documents import Documents, Place
from copier_mcp.importing.openapi.losses import Losses
from copier_mcp.importing.openapi.operations import Operation, chosen, names, operations
from copier_mcp.importing.openapi.security import auth, base_url
from copier_mcp.importing.openapi.tools import Reading, tool
from copier_mcp.importing.openapi.validating import TOO_DEEP, validate
from copier_mcp.template import questionnaire


@dataclass(frozen=True, slots=True)
class Imported:
    """An answers file, and what is said of it."""

    text: str
    lost: list[str]
    tools: int
    operations: int
    """How many the document describes."""


def import_document(
    target: str,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    url: str | None = None,
    anywhere: bool = False,
    progress: Progress = lambda *_: None,
) -> Imported:
    """Return an answers file that the check has nothing against, and what is lost.

    Raises:
        UnreadableError: The document cannot be read, or there is nothing to be chosen.
    """
    root = Documents(target, anywhere=anywhere).root()
    try:
        return _import(root, include, exclude, url, progress)
    except RecursionError as error:
        raise UnreadableError(f"{root.documents.name(root.url)}: {TOO_DEEP}") from error


def _import(
    root: Place,
    include: Sequence[str],
    exclude: Sequence[str],
    url: str | None,
    progress: Progress,
) -> Imported:
    losses = Losses()
    version = validate(root, losses)
    found = operations(root, version, losses)
    # Of all operations, so that no name depends on what is chosen.
    called = names(found, losses)
    some = chosen(found, include, exclude)
    api_url, elsewhere = base_url(root, version, some, url, losses)
    api: dict[str, Any] = {"url": api_url}
    how = auth(root, api_url, some, losses)
    if how:
        api["auth"] = how
    project = _project(root, losses) | {"http_client": True, "api": api}
    reading = Reading(
        Dialect(version, "request", losses),
        Dialect(version, "answer", losses),
        how or {},
        losses,
        {},
    )
    entries = []
    for index, one in enumerate(some):
        entry = tool(index, called[one.key], one, reading)
        if one in elsewhere and not entry.refused:
            entry.refuse("the operation is on another server; give it a server of its own.")
            losses.add(one.place, f"refused: {entry.refused}")
        entries.append(entry)
    told = {entry.index for entry in entries if entry.refused}
    draft = Draft(project, entries, reading.types)
    if len(draft.text().encode()) > MAX_BYTES:
        said = f"{len(some)} operations are more than one answers file has room for"
        raise UnreadableError(
            f"{root.documents.name(root.url)}: {said}; choose some with --include and --exclude."
        )
    with questionnaire() as worker:
        draft.settle(worker, progress)
    lost = [*losses.lines(), *draft.lost, *_lost(some, entries, told)]
    tools = sum(not entry.refused for entry in entries)
    return Imported(draft.text(), lost, tools, len(found))


def _project(root: Place, losses: Losses) -> dict[str, Any]:
    """Return the answers about the project."""
    info = root["info"]
    project = {}
    if name := one_line([info.get("title")], 60):
        project["project_name"] = name
    else:
        losses.add(info["title"], "the title is no name of a project; write project_name")
    description = str(info.get("description") or "").strip()
    sentence = re.split(r"(?<=[.!?])\s|\n", description, maxsplit=1)[0]
    if line := one_line([info.get("summary"), description, sentence], 100):
        project["description"] = line
    if description and description != project.get("description"):
        losses.add(info["description"], "the description of the API")
    return project


def _lost(some: Sequence[Operation], entries: Sequence[Entry], told: set[int]) -> list[str]:
    """Return what is lost of tools, but for what is told already."""
    losses = Losses()
    for one, entry in zip(some, entries, strict=True):
        if entry.index in told:
            continue
        for said in [f"refused: {entry.refused}"] if entry.refused else entry.lost:
            losses.add(one.place, said)
    return losses.lines()
