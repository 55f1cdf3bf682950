"""The catalog of tools: those that the conformance suite calls."""

from typing import Any, Final

from ..runtime import Tool
from . import handlers, schemas

# The suite names these tools; none takes arguments.
_SIMPLE = (
    ("test_simple_text", handlers.simple_text),
    ("test_image_content", handlers.image_content),
    ("test_audio_content", handlers.audio_content),
    ("test_embedded_resource", handlers.embedded_resource),
    ("test_multiple_content_types", handlers.multiple_content_types),
    ("test_error_handling", handlers.error_handling),
    ("test_tool_with_progress", handlers.with_progress),
    ("test_tool_with_logging", handlers.with_logging),
    ("test_logging_tool", handlers.with_logging),
    ("test_reconnection", handlers.reconnection),
    ("test_trigger_tool_change", handlers.trigger_tool_change),
    ("test_trigger_prompt_change", handlers.trigger_prompt_change),
    ("test_missing_capability", handlers.missing_capability),
    ("test_streaming_elicitation", handlers.streaming_elicitation),
    ("test_elicitation_sep1034_defaults", handlers.elicitation_defaults),
    ("test_elicitation_sep1330_enums", handlers.elicitation_enums),
    ("test_input_required_result_elicitation", handlers.input_elicitation),
    ("test_input_required_result_sampling", handlers.input_sampling),
    ("test_input_required_result_list_roots", handlers.input_list_roots),
    ("test_input_required_result_request_state", handlers.input_request_state),
    ("test_input_required_result_tampered_state", handlers.input_request_state),
    ("test_input_required_result_multiple_inputs", handlers.input_multiple),
    ("test_input_required_result_multi_round", handlers.input_multi_round),
    ("test_input_required_result_capabilities", handlers.input_capabilities),
)

TOOLS: Final[tuple[Tool[Any, Any], ...]] = (
    *(
        Tool(
            name=name,
            description=str(handler.__doc__),
            arguments=schemas.NoArguments,
            result=None,
            handler=handler,
        )
        for name, handler in _SIMPLE
    ),
    Tool(
        name="test_sampling",
        description="Ask the client's model.",
        arguments=schemas.PromptArguments,
        result=None,
        handler=handlers.sampling,
    ),
    Tool(
        name="test_elicitation",
        description="Ask the user for a name and an address.",
        arguments=schemas.MessageArguments,
        result=None,
        handler=handlers.elicitation,
    ),
    Tool(
        name="test_custom_header",
        description="Return the argument that a header repeats.",
        arguments=schemas.HeaderArguments,
        result=None,
        handler=handlers.custom_header,
    ),
    Tool(
        name="json_schema_2020_12_tool",
        description="Tool with JSON Schema 2020-12 features",
        arguments=schemas.ContactArguments,
        input_schema=schemas.CONTACT_SCHEMA,
        result=None,
        handler=handlers.contact,
    ),
)
