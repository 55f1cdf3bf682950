"""The models of the tools' arguments. Clients see them as JSON Schema."""

from typing import Any, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from ..runtime import Model


class NoArguments(Model):
    model_config = ConfigDict(title="no arguments")


class PromptArguments(Model):
    prompt: str = Field(description="What to ask the model.", max_length=2000)

    model_config = ConfigDict(title="test_sampling arguments")


class MessageArguments(Model):
    message: str = Field(description="What to show the user.", max_length=2000)

    model_config = ConfigDict(title="test_elicitation arguments")


class HeaderArguments(Model):
    region: str = Field(
        description="A region, which a header repeats.",
        max_length=100,
        json_schema_extra={"x-mcp-header": "Region"},
    )

    model_config = ConfigDict(title="test_custom_header arguments")


class Address(Model):
    street: str | None = Field(default=None, description="Street and number.")

    city: str | None = Field(default=None, description="The city.")

    model_config = ConfigDict(title="address")


class ContactArguments(Model):
    name: str | None = Field(default=None, description="Whose contact it is.")

    address: Address | None = Field(default=None, description="Where they live.")

    contactMethod: Literal["phone", "email"] | None = Field(  # noqa: N815 (the suite names it)
        default=None, description="How they want to be reached."
    )

    phone: str | None = Field(default=None, description="A telephone number.")

    email: str | None = Field(default=None, description="A mail address.")

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        wanted = "phone" if self.contactMethod == "phone" else "email"
        if getattr(self, wanted) is None:
            raise ValueError(f"{wanted} is missing")
        return self

    model_config = ConfigDict(title="json_schema_2020_12_tool arguments")


CONTACT_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
"""What no model can say: anchors, compositions and conditions."""
