"""Asks the questions of copier.yml for the answers of a file, as Copier does without a terminal.

What a validator says is reported in its own words. A mistaken answer is replaced by the default, so
that the questions after it are asked, too.
"""

import re
from collections.abc import Callable
from typing import Any

from copier._main import Worker
from copier._types import MISSING
from copier._user_data import AnswersMap, Question

from copier_mcp.check.findings import Finding, Mark
from copier_mcp.check.hints import hints
from copier_mcp.check.mending import Mender
from copier_mcp.check.places import Finder
from copier_mcp.check.schemas import schema_mistakes
from copier_mcp.check.tree import Part, Value, walk

NAME = "Server"
"""What a project is called if the file does not say it: a render asks, or is told otherwise."""
UNKNOWN = "No question is called "
MAX_MISTAKES = 1_000
"""Who has more begins with these; a file that was made to have them would take hours."""
MAX_UNKNOWN_KEYS = 100
"""How many are named; the others are counted."""
MAX_COMPARISONS = 100
"""How often all entries of a list are checked together."""
IDLE = {
    "scopes: nobody would check them;": {"http", "auth"},
    "http: nothing would be called;": {"http_client", "api"},
}
"""What follows from other questions, and is not clear where those are mistaken."""


class _Enough(Exception):  # noqa: N818 -- It is no error of ours.
    """There are more mistakes than anybody reads."""


type Progress = Callable[[str, int, int], None]
"""Is told the question, and how many of how many entries are checked."""


class Checker:
    """Checks the answers of one file."""

    def __init__(self, worker: Worker, root: Value, progress: Progress) -> None:
        self._worker = worker
        self._root = root
        self._progress = progress
        self._findings: list[Finding] = []
        self._mistaken: set[str] = set()
        self._questions = worker.template.questions_data
        yaml = worker.jinja_env.get_template("macros/checks/yaml.jinja").module
        keys = vars(worker.jinja_env.get_template("macros/checks/answers.jinja").module)
        self._known_keys = {*keys["question_names"], *keys["computed_names"]}
        self._keys_mistake: Callable[[object, object], str] = keys["answers_mistake"]
        types = worker.jinja_env.get_template("macros/checks/types.jinja").module
        self._show: Callable[[object], str] = vars(yaml)["show"]
        self._type_mistake: Callable[[str, object], str] = vars(types)["type_mistake"]

    def check(self) -> tuple[list[Finding], dict[str, Any]]:
        """Return the mistakes, and all answers, with a default for what is mistaken."""
        try:
            self._check_all()
        except _Enough:
            last = self._findings[-1]
            said = f"there are more than {MAX_MISTAKES:,} mistakes; correct these first."
            self._findings[-1] = Finding(last.mark, "error", said)
        return self._without_consequences(), dict(self._worker.answers.user)

    def _check_all(self) -> None:
        self._check_keys()
        given = self._root.plain()
        self._worker.data = dict(given)
        answers = AnswersMap(
            init=given,
            metadata=self._worker.template.metadata,
            external=self._worker._external_data(),  # noqa: SLF001
        )
        self._worker.answers = answers
        for name, details in self._questions.items():
            if details.get("when", True) is False:  # It is computed, and Copier checks it not.
                continue
            question = Question(
                answers=answers,
                context=self._worker._render_context(),  # noqa: SLF001
                jinja_env=self._worker.jinja_env,
                settings=self._worker.settings,
                var_name=name,
                **details,
            )
            if part := self._root.part(name):
                answers.user[name] = self._answer(question, part)
            else:
                answers.user[name] = default = self._default(question)
                if said := self._mistake(question, default):
                    self._report(self._root.mark, self._named(question, said))

    def _report(self, mark: Mark, message: str) -> None:
        if len(self._findings) == MAX_MISTAKES:
            raise _Enough
        # Lines of a message are joined: a finding has one.
        self._findings.append(Finding(mark, "error", " ".join(message.split())))

    def _check_keys(self) -> None:
        for part in list(self._root.parts):
            if not isinstance(part.key, str):
                said = f"the key {self._show(part.key)} is no text; put it in quotes."
                self._report(part.mark, said)
                self._root.take_out(part)

    def _without_consequences(self) -> list[Finding]:
        """Whether anybody checks scopes is not clear where http and auth are not."""
        unclear = [text for text, questions in IDLE.items() if self._mistaken & questions]
        return [
            found for found in self._findings if not any(text in found.message for text in unclear)
        ]

    def _mistake(self, question: Question, answer: Any) -> str:
        """Return what the validator says, or nothing."""
        while True:
            try:
                question.validate_answer(answer)
            except ValueError as error:
                beginning = f"Validation error for question '{question.var_name}': "
                said = str(error).removeprefix(beginning)
                if not self._take_out_unknown_keys(said):
                    return said
            else:
                return ""

    def _take_out_unknown_keys(self, said: str) -> bool:
        """Report the keys that are no question, of which the validator says the first."""
        if not said.startswith(UNKNOWN):
            return False
        data = self._worker.data
        unknown = [part for part in self._root.parts if self._is_unknown(str(part.key))]
        for part in unknown[:MAX_UNKNOWN_KEYS]:
            said = self._keys_mistake({part.key: None}, {})
            self._mistaken |= set(re.findall(r"write (\w+)", said))
            self._report(part.mark, said)
        if rest := unknown[MAX_UNKNOWN_KEYS:]:
            said = f"{len(rest):,} more keys are no questions; correct those before them first."
            self._report(rest[0].mark, said)
        for part in unknown:
            del data[str(part.key)]
        return bool(unknown)

    def _is_unknown(self, key: str) -> bool:
        known = key.startswith("_") or key in self._known_keys
        return not known and key in self._worker.data

    def _default(self, question: Question) -> Any:
        """Return what Copier takes where the file says nothing, or nothing of use."""
        question.answers.init.pop(question.var_name, None)
        try:
            default = question.get_default()
        except ValueError:  # Of the validator, which may look at other answers as well.
            default = question.parse_answer(question.render_value(question.default))
        return NAME if default is MISSING else default

    def _answer(self, question: Question, part: Part) -> Any:
        raw = part.value.plain()
        try:
            answer = question.parse_answer(raw)
        except Exception as error:  # noqa: BLE001 -- Copier's own and those of YAML and Python.
            said = str(error) or f"is no {question.type}."
            answer = MISSING
        else:
            if isinstance(answer, list) and answer and part.value.kind == "list":
                return self._entries(question, part.value)
            if question.var_name == "types" and part.value.kind == "mapping":
                return self._shared_types(question, part)
            said = self._mistake(question, answer)
        if not said:
            return answer
        self._mistaken.add(question.var_name)
        self._report(_named_part(part, said).shown_at, self._named(question, said))
        return self._default(question)

    def _named(self, question: Question, said: str) -> str:
        """Let a message begin with the question, if it does not name it."""
        name = question.var_name
        known = said.startswith((f"{name}:", f"{name}."))
        known = known or f"'{name}'" in said or f'"{name}"' in said
        return said if known else f"{name}: {said}"

    # Lists ----------------------------------------------------------------------------------------

    def _entries(self, question: Question, whole: Value) -> list[Any]:
        """Check each entry by itself, which takes a time for each, and then all together."""
        types = self._worker.answers.user.get("types") or {}
        shared = self._root.part("types")
        mender = Mender(
            lambda type_: not self._type_mistake(type_, types), shared.value if shared else None
        )
        count = len(whole.parts)
        for index, entry in enumerate(whole.parts):
            self._progress(question.var_name, index, count)
            self._mend(question, [entry], mender, whole)
        self._progress(question.var_name, count, count)
        self._mend(question, whole.parts, mender, whole)
        return [part.value.plain() for part in whole.parts]

    def _shared_types(self, question: Question, part: Part) -> Any:
        """Check all types together, as they use each other."""
        types = part.value
        mender = Mender(lambda type_: not self._type_mistake(type_, types.plain()), types)
        finder = Finder(self._show)
        for _ in range(2 * sum(1 for _ in walk(part.value)) + 9):
            said = self._mistake(question, part.value.plain())
            if not said:
                return part.value.plain()
            place = finder.find_in_mapping(said, question.var_name, part)
            if len(place.chain) == 1:
                break
            if not mender.is_consequence(place):
                mark = place.part.mark if place.is_key else place.part.shown_at
                self._report(mark, place.message)
            mender.mend(place, self._root)
        self._mistaken.add(question.var_name)
        self._report(part.shown_at, said)
        return self._default(question)

    def _mend(self, question: Question, entries: list[Part], mender: Mender, whole: Value) -> None:
        finder = Finder(self._show)
        # Each time something is taken out or replaced, once.
        most = 2 * sum(1 for entry in entries for _ in walk(entry.value)) + 9
        for _ in range(most if len(entries) == 1 else min(most, MAX_COMPARISONS)):
            said = self._mistake(question, [entry.value.plain() for entry in entries])
            if not said:
                return
            place = finder.find(said, question.var_name, entries)
            if place is None:
                break
            if not mender.is_consequence(place):
                mark = place.part.mark if place.is_key else place.part.shown_at
                self._report(mark, place.message)
            mender.mend(place, whole)
        else:
            said = f"{question.var_name}: there are more such mistakes; correct these first."
        self._report(whole.mark if len(entries) > 1 else entries[0].mark, said)


def check_answers(worker: Worker, root: Value, progress: Progress) -> list[Finding]:
    """Return all mistakes in the answers, those of raw schemas, and hints about what is left."""
    mistakes, answers = Checker(worker, root, progress).check()
    return [*mistakes, *schema_mistakes(root), *hints(root, answers)]


def _named_part(part: Part, said: str) -> Part:
    """Return the part of a mapping that a message names, as in `api.auth.type: …`."""
    for key in said.partition(":")[0].split(".")[1:]:
        inner = part.value.part(key)
        if inner is None:
            break
        part = inner
    return part
