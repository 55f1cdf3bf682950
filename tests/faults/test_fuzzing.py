"""A rendered server that is sent what nobody would send: it answers each line, and lives on."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from mcp.types import PROTOCOL_VERSION_META_KEY

from support import declarations, fuzzing, json_rpc, schema_readings, schema_values
from support.declared import EXAMPLES, answers_of, many
from support.rendering import copy
from support.serving import PATIENCE, Installed, Wire, request

# Lines ------------------------------------------------------------------------------------------


@pytest.fixture
async def wire(server: Installed, era: str) -> AsyncIterator[Wire]:
    """One process for all examples of a test; it ends as any other does."""
    async with server.over_stdio(era, tool_timeout=5) as wire:
        await wire.hello()
        yield wire
        wire.end()
        assert await wire.ended() == (0, b"")
        assert b"Traceback" not in wire.log


@fuzzing.search(250)
@given(sent=st.lists(fuzzing.lines(), min_size=1, max_size=6))
@example(sent=[b'{"jsonrpc": "2.0", "id": "\\ud800", "method": "ping"}'])  # It ended the process.
async def test_each_line_is_answered_as_json_rpc_says(wire: Wire, sent: list[bytes]) -> None:
    await json_rpc.converse(wire, sent)


@dataclass(slots=True)
class Posting:
    """A client of HTTP, and the endpoint it posts to."""

    client: httpx2.AsyncClient
    url: str

    async def post(self, content: bytes, headers: dict[str, str]) -> list[dict[str, Any]]:
        """Post a body and return the messages that come back, as JSON or as events."""
        accepted = {"accept": "application/json, text/event-stream"}
        typed = accepted | {"content-type": "application/json"} | headers
        response = await self.client.post(self.url, content=content, headers=typed)
        assert response.status_code < 500, response.text
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            lines = response.text.splitlines()
            return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
        return [response.json()] if response.text.startswith("{") else []


@pytest.fixture
async def posting(server: Installed) -> AsyncIterator[Posting]:
    async with (
        server.over_http(tool_timeout=5) as listening,
        httpx2.AsyncClient(timeout=PATIENCE) as client,
    ):
        yield Posting(client, listening.url)
        assert listening.process.returncode is None
        assert b"Traceback" not in listening.log


def headers_of(message: Any) -> dict[str, str]:
    """Return the headers that repeat parts of a message (SEP-2243)."""
    params = message.get("params") if isinstance(message, dict) else None
    if not isinstance(params, dict):
        return {}
    found = {"mcp-method": message.get("method"), "mcp-name": params.get("name", params.get("uri"))}
    if isinstance(meta := params.get("_meta"), dict):
        found["mcp-protocol-version"] = meta.get(PROTOCOL_VERSION_META_KEY)
    return {
        name: text
        for name, text in found.items()
        if isinstance(text, str) and re.fullmatch("[!-~]{1,200}", text)
    }


@fuzzing.search(150)
@given(message=fuzzing.messages())
async def test_each_body_is_answered_over_http(posting: Posting, message: Any) -> None:
    sent = fuzzing.line(message)
    expected = json_rpc.Expected()
    expected.add(sent)
    found = await posting.post(sent, headers_of(message))
    answers = [answer for answer in found if "method" not in answer]
    for answer in answers:
        json_rpc.check(answer, over_http=True)
        # What is no message is refused by the transport, which looks for no id in it.
        assert answer.get("id") is None or expected.by_id[json.dumps(answer["id"])] == 1
    assert len(answers) == 1 if expected.by_id else len(answers) <= 1
    valid = request(1, "tools/call", {"name": "waiting", "arguments": {}})
    (answer,) = await posting.post(fuzzing.line(valid), headers_of(valid))
    assert "result" in answer


# Arguments --------------------------------------------------------------------------------------

RAN = re.compile(
    r"is declared, but not implemented yet\.$|needs the user's confirmation"
    r"|: (no such file|too large|binary|unreadable)$"
    r"|^query is not a valid regular expression|^query must not be longer than|simplify it$"
)
"""What tools say of arguments that fit."""


@pytest.fixture(scope="module")
def declared(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A large server: all examples, and tools that nobody wrote."""
    directory = tmp_path_factory.mktemp("declared")
    answers = [answers_of(path) for path in EXAMPLES]
    examples = [tool for one in answers for tool in one["tools"]]
    types = {name: type_ for one in answers for name, type_ in one.get("types", {}).items()}
    tools = [{key: tool[key] for key in tool if key != "http"} for tool in examples]
    tools += many(declarations.tools(least=1), 25)
    project = copy(
        template, directory / "project", project_name="Harbour Log", types=types, tools=tools
    )
    return Installed.make(project, directory)


async def schemas_of(wire: Wire, kind: str = "inputSchema") -> dict[str, Any]:
    tools = (await wire.call("tools/list"))["result"]["tools"]
    for tool in tools:
        Draft202012Validator.check_schema(tool["inputSchema"])
    return {tool["name"]: tool[kind] for tool in tools if kind in tool}


async def call(wire: Wire, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call a tool with arguments, as their line says it; its numbers may be beyond Python's."""
    identity = f"call-{len(wire.messages)}"
    params = {"name": name, "arguments": arguments}
    wire.send(fuzzing.line(request(identity, "tools/call", params, wire.era)))
    result: dict[str, Any] = (await wire.answer(identity))["result"]
    return result


def check_call(schema: dict[str, Any], arguments: dict[str, Any], result: dict[str, Any]) -> str:
    """Check that what fits is accepted, and what does not is refused by the names of its fields."""
    understood = json.loads(fuzzing.line(arguments))
    verdict = schema_readings.verdict(schema, understood)
    text = "\n".join(part["text"] for part in result["content"])
    ran = not result.get("isError") or RAN.search(text) is not None
    # The schema of a decimal takes any text: no format says which texts are numbers.
    is_unsaid = "Input should be a valid decimal" in text
    assert verdict in (ran, None) or is_unsaid, f"{arguments} should be {verdict}: {text}"
    if ran:
        return "accepted"
    json_rpc.check_text(text)
    assert result["isError"]
    lines = text.splitlines()
    assert len(lines) <= 21
    assert all(len(line) < 400 and "https://" not in line for line in lines), text
    if verdict is False and not text.endswith(" more"):
        named = {re.split(r"[.:]", line)[0] for line in lines}
        for field in schema_readings.wrong_fields(schema, understood):
            is_short = re.fullmatch(r"\w{1,40}", field)
            assert field in named or not is_short, f"{field!r} is not named: {text}"
    return "refused" if verdict is False else "open"


async def search_tools(wire: Wire, schemas: dict[str, Any], examples: int) -> None:
    """Call each tool with arguments of all kinds."""
    counts: Counter[str] = Counter()
    for name, schema in schemas.items():
        for arguments in fuzzing.some(schema_values.arguments(schema), examples):
            counts[check_call(schema, arguments, await call(wire, name, arguments))] += 1
    assert min(counts["accepted"], counts["refused"]) > counts.total() / 5, counts
    assert counts["open"] < counts.total() / 10, counts


async def test_the_example_accepts_what_its_schemas_accept(wire: Wire) -> None:
    schemas = await schemas_of(wire)
    await search_tools(wire, {name: schemas[name] for name in ("count_words", "search_files")}, 80)


async def test_declared_tools_accept_what_their_schemas_accept(declared: Installed) -> None:
    async with declared.over_stdio() as wire:
        schemas = await schemas_of(wire)
        assert len(schemas) > 30
        await search_tools(wire, schemas, 25)


async def test_integers_may_be_written_with_a_point(declared: Installed) -> None:
    accepted = 0
    async with declared.over_stdio() as wire:
        for name, schema in (await schemas_of(wire)).items():
            valid = schema_values.values(schema).filter(schema_values.is_sendable)
            for arguments in fuzzing.some(valid, 5):
                pointed = schema_values.with_points(arguments)
                if json.dumps(pointed) != json.dumps(arguments):
                    result = await call(wire, name, pointed)
                    accepted += check_call(schema, pointed, result) == "accepted"
    assert accepted > 10


async def test_mocks_fit_the_schemas_of_their_results(declared: Installed) -> None:
    mocks = 0
    async with declared.over_stdio(mock=1) as wire:
        outputs = await schemas_of(wire, "outputSchema")
        for name, schema in (await schemas_of(wire)).items():
            valid = schema_values.values(schema).filter(schema_values.is_sendable)
            (arguments,) = fuzzing.some(valid, 1)
            result = await call(wire, name, arguments)
            if not result.get("isError"):
                mocks += 1
                validator = Draft202012Validator(outputs[name], format_checker=FormatChecker())
                validator.validate(result["structuredContent"])
                assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
    assert mocks >= 5
