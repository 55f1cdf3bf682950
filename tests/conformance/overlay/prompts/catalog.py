"""The catalog of prompts: those that the conformance suite gets."""

from typing import Final

from ..runtime import Argument, Prompt
from . import handlers

PROMPTS: Final[tuple[Prompt, ...]] = (
    Prompt(
        name="test_simple_prompt",
        description="One message.",
        handler=handlers.simple,
    ),
    Prompt(
        name="test_prompt_with_arguments",
        description="A message with two arguments.",
        arguments=(
            Argument(
                name="arg1",
                description="First test argument.",
                completer=handlers.complete_argument,
            ),
            Argument(name="arg2", description="Second test argument."),
        ),
        handler=handlers.with_arguments,
    ),
    Prompt(
        name="test_prompt_with_embedded_resource",
        description="A resource and a request.",
        arguments=(Argument(name="resourceUri", description="The URI of the resource."),),
        handler=handlers.with_embedded_resource,
    ),
    Prompt(
        name="test_prompt_with_image",
        description="An image and a request.",
        handler=handlers.with_image,
    ),
    Prompt(
        name="test_input_required_result_prompt",
        description="A message in a context that the user is asked for.",
        handler=handlers.with_question,
    ),
)
