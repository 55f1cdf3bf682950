"""The declared examples, and many declarations that nobody wrote."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from support.rendering import ROOT

EXAMPLES = [
    path
    for path in sorted((ROOT / "examples").glob("*.yml"))
    if "tools" in yaml.safe_load(path.read_bytes())
]


LISTS = ("tools", "resources", "prompts")


def answers_of(example: Path) -> dict[str, Any]:
    answers: dict[str, Any] = yaml.safe_load(example.read_bytes())
    return answers


def in_json(value: Any) -> Any:
    """Return it as JSON has it, and as an editor reads a file: without YAML's kind of dates."""
    if isinstance(value, dict):
        return {key: in_json(part) for key, part in value.items()}
    if isinstance(value, list):
        return [in_json(part) for part in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def many(strategy: SearchStrategy[list[Any]], examples: int) -> list[Any]:
    """Return what some examples of a strategy declare together, each under a name of its own."""
    found: list[Any] = []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(drawn: list[Any]) -> None:
        found.extend(drawn)

    collect()
    for number, entry in enumerate(found):
        name = f"{entry['name'][:30].rstrip('_')}_n{number}"
        entry["name"] = name
        if "uri" in entry:
            entry["uri"] = entry["uri"].replace(":", f":{number}", 1)
        for field in fields_of(entry):
            if "model" in field:
                field["model"] += f"N{number}"
    return found


def fields_of(declared: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the fields of a tool or an object, and those inside them."""
    for part in ("arguments", "result", "fields"):
        for field in declared.get(part, {}).values():
            yield field
            yield from fields_of(field)
            for one in field.get("one_of", {}).values():
                yield one
                yield from fields_of(one)
