"""The catalog of resources: those that the conformance suite reads."""

from typing import Final

from ..runtime import Resource, ResourceTemplate
from . import providers

RESOURCES: Final[tuple[Resource, ...]] = (
    Resource(
        uri="test://static-text",
        name="static-text",
        description="A text.",
        mime_type="text/plain",
        provider=providers.static_text,
    ),
    Resource(
        uri="test://static-binary",
        name="static-binary",
        description="An image.",
        mime_type="image/png",
        provider=providers.static_binary,
    ),
    Resource(
        uri="test://watched-resource",
        name="watched-resource",
        description="What one can subscribe to.",
        mime_type="text/plain",
        provider=providers.watched,
    ),
)

TEMPLATES: Final[tuple[ResourceTemplate, ...]] = (
    ResourceTemplate(
        uri_template="test://template/{id}/data",
        name="template",
        description="Data about an id.",
        mime_type="application/json",
        provider=providers.template_data,
        completers={"id": providers.complete_id},
    ),
)
