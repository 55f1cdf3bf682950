"""Code that an owner writes by hand, below the lines that end what Copier writes."""

from collections.abc import Mapping

from support.edits import HANDLERS, PROMPT_HANDLERS, PROMPTS, PROVIDERS, RESOURCES, SCHEMAS, TOOLS

OWN = {
    SCHEMAS: """

class OwnArguments(Model):
    text: str = Field(description="Any text.", max_length=100)

    model_config = ConfigDict(title="own arguments")


class OwnResult(Model):
    text: str = Field(description="The same text.")
""",
    HANDLERS: '''

async def own(arguments: schemas.OwnArguments, context: Context) -> schemas.OwnResult:
    """Return the text."""
    return schemas.OwnResult(text=arguments.text)
''',
    PROVIDERS: '''

async def own(context: Context) -> str:
    """Return a text."""
    return "text"
''',
    PROMPT_HANDLERS: '''

async def own(context: Context, text: str) -> str:
    """Return the text."""
    return text
''',
}
ENTRIES = {
    TOOLS: [
        """
    Tool(
        name="own",
        description="Return the text.",
        arguments=schemas.OwnArguments,
        result=schemas.OwnResult,
        handler=handlers.own,
    ),
"""
    ],
    RESOURCES: [
        """
    Resource(uri="own://all", name="own", description="A text.", provider=providers.own),
""",
        """
    # There are none of mine.
""",
    ],
    PROMPTS: [
        """
    Prompt(
        name="own",
        description="Say the text.",
        arguments=(Argument(name="text", description="Any text."),),
        handler=handlers.own,
    ),
"""
    ],
}
CALL = """
import asyncio
from mcp import Client
from harbour_log.server import build_server


async def call() -> None:
    async with Client(build_server()) as client:
        print((await client.call_tool("own", {"text": "rice"})).structured_content)
        print((await client.read_resource("own://all")).contents[0].text)
        print((await client.get_prompt("own", {"text": "tea"})).messages[0].content.text)


asyncio.run(call())
"""


def with_own_code(files: Mapping[str, str]) -> dict[str, str]:
    """Return the files with a tool, a resource and a prompt by hand, below the end lines."""
    changed = {name: files[name] + text for name, text in OWN.items()}
    for name, entries in ENTRIES.items():
        lines = []
        waiting = iter(entries)
        for line in files[name].splitlines(keepends=True):
            lines.append(line)
            if line.startswith("    # The end of what Copier writes."):
                lines.append(next(waiting).removeprefix("\n"))
        changed[name] = "".join(lines)
    return changed
