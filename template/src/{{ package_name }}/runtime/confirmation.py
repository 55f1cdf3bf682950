"""Confirmation: the user is asked before a tool runs, in both eras."""

import asyncio
import json
import re
import secrets
import time
from typing import Any

from mcp import MCPError, types
from mcp.server import ServerRequestContext
from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS
from pydantic import BaseModel, ValidationError

from .errors import ToolError, safe_repr, shorten
from .models import json_names

MAX_SHOWN_ARGUMENT = 500  # Characters of a list or a number in a question.
MAX_ANSWERED = 100_000  # Questions whose answers cannot be used again, all clients together.
ANSWER_LIFETIME = 660  # Seconds; the seal of a question is refused after 600.

_KEY = "confirm"
_NO_FIELDS: dict[str, Any] = {"type": "object", "properties": {}}  # To accept is all there is.
_PLACE = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_question(question: str, model: type[BaseModel]) -> None:
    """Check the places for arguments in a question, as in `Delete {title}?`.

    A question without any is taken as it is, with whatever braces there are.

    Raises:
        ValueError: there is no such argument, or a brace that belongs to none.
    """
    names = {name for pair in json_names(model).items() for name in pair}
    places = [name for name in _PLACE.findall(question) if name in names or _NAME.fullmatch(name)]
    for name in places:
        if name not in names:
            raise ValueError(f"confirm: there is no argument {name!r}")
    rest = _PLACE.sub(lambda place: "" if place[1] in names else place[0], question)
    if places and re.search(r"[{}]", rest):
        raise ValueError("confirm: beside an argument there is a brace that belongs to none")


def question_about(question: str, arguments: BaseModel) -> str:
    """Return a question with the arguments in their places, each as one short, printable line."""
    places = set(_PLACE.findall(question))
    named = {own: name for own, name in json_names(type(arguments)).items() if {own, name} & places}
    found = arguments.model_dump(mode="json", include=set(named), by_alias=True)
    values = {own: found.get(name) for own, name in named.items()} | found

    def shown(place: re.Match[str]) -> str:
        if place[1] not in values:
            return place[0]
        value = values[place[1]]
        if isinstance(value, str):
            return safe_repr(value)
        return shorten(json.dumps(value, ensure_ascii=False), MAX_SHOWN_ARGUMENT)

    return _PLACE.sub(shown, question)


def supports_form_elicitation(client: types.ClientCapabilities | None) -> bool:
    """Return whether a client can show its user a form."""
    if client is None or client.elicitation is None:
        return False
    # A client that names no mode has forms (SEP-1036).
    return client.elicitation.form is not None or client.elicitation.url is None


class Confirmations:
    """Asks users, and takes each of their answers once, as far as this process knows."""

    def __init__(self) -> None:
        self._answered: dict[str, float] = {}  # The time of each answer, the oldest first.

    async def ask(
        self,
        question: str,
        context: ServerRequestContext[Any],
        params: types.CallToolRequestParams,
        *,
        limit: float,
    ) -> types.InputRequiredResult | None:
        """Return nothing if the user confirms, or what is sent to have the client ask.

        A client of 2025-11-25 is asked in the middle of the call, for `limit` seconds. One of
        2026-07-28 calls again with the answer (SEP-2322).

        Raises:
            ToolError: the user does not confirm, or cannot be asked.
        """
        user = f"{params.name} needs the user's confirmation, but the user"
        if not supports_form_elicitation(context.session.client_capabilities):
            raise ToolError(f"{user} cannot be asked over this connection.")
        if context.protocol_version not in HANDSHAKE_PROTOCOL_VERSIONS:
            answer = self._take_answer(question, context, params)
        else:
            try:
                async with asyncio.timeout(limit):
                    session, request_id = context.session, context.request_id
                    answer = await session.elicit_form(question, _NO_FIELDS, request_id)
            except TimeoutError as error:
                raise ToolError(f"{user} did not answer within {limit:g} seconds.") from error
            except (MCPError, ValidationError) as error:
                raise ToolError(f"{user} could not be asked.") from error
        if answer is None:
            form = types.ElicitRequestFormParams(message=question, requested_schema=_NO_FIELDS)
            return types.InputRequiredResult(
                input_requests={_KEY: types.ElicitRequest(params=form)},
                request_state=f"{secrets.token_hex(16)} {question}",
            )
        if answer.action != "accept":
            raise ToolError(f"The user did not confirm: {question}")
        return None

    def _take_answer(
        self, question: str, context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.ElicitResult | None:
        """Return the answer to this question about this call, unless it has been used already.

        The state that comes with it was sealed: it is ours, not older than ten minutes, and belongs
        to a call of this tool with these arguments.
        """
        answer = (params.input_responses or {}).get(_KEY)
        number, _, asked = ((context.params or {}).get("requestState") or "").partition(" ")
        if not isinstance(answer, types.ElicitResult) or asked != question:
            return None
        if number in self._answered:
            return None
        now = time.monotonic()
        while self._answered and next(iter(self._answered.values())) <= now - ANSWER_LIFETIME:
            del self._answered[next(iter(self._answered))]
        if len(self._answered) >= MAX_ANSWERED:
            raise ToolError("Too many questions were answered lately; try again in ten minutes.")
        self._answered[number] = now
        return answer
