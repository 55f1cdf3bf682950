"""The catalog of prompts: what clients see of each, and the function behind it."""

from typing import Final

from ..runtime.prompts import Argument, Prompt
from . import handlers

PROMPTS: Final[tuple[Prompt, ...]] = (
    Prompt(
        name="summarise_file",
        title="Summarise a file",
        description="Summarise one file of the workspace in a few sentences.",
        arguments=(
            Argument(
                name="file",
                description="The file's name, relative to the root of the workspace.",
                completer=handlers.complete_file,
            ),
            Argument(
                name="sentences",
                description="How many sentences the summary should have at most; 3 if left out.",
                required=False,
            ),
        ),
        handler=handlers.summarise_file,
    ),
)
