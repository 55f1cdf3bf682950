"""Models that one likes to read: which lines name them, and what takes more than one line."""

import re
from typing import Any

from support.rendering import Project

NAMED = re.compile(r"class |    model_config = |.*# (end)?region |.*# \w+: \w+|\w+ = ")
"""Lines that say which model they belong to."""

MOST = 5
"""As many lines in a row may say nothing of it."""


def longest_run(lines: list[str]) -> int:
    runs = "".join(" " if NAMED.match(line) else "x" for line in lines).split()
    return max(map(len, runs), default=0)


def regions(project: Project) -> list[list[str]]:
    text = (project.package / "tools" / "schemas.py").read_text("utf-8")
    found = re.findall(r"^# region .*?^# endregion \w+$", text, re.MULTILINE | re.DOTALL)
    return [region.splitlines() for region in found]


def choice(*enum: str | int | None) -> dict[str, Any]:
    return {"enum": list(enum), "description": "Which."}


def typed(type_: str, **others: Any) -> dict[str, Any]:
    return {"type": type_, "description": "What."} | others


NESTED = typed("object", fields={"z": typed("str")})
DAYS = [f"2026-01-{day}T18:30:00Z" for day in range(10, 20)]
LONG: dict[str, dict[str, Any]] = {
    "country": choice(*(f"country {number}" for number in range(20))),
    "few": choice("x" * 60, "y" * 60),
    "numbers": choice(*range(2**50, 2**50 + 7)) | {"type": "int"},
    "mixed": choice("x" * 60, 1, True, None) | {"default": True},
    "one": choice("x" * 100),
    "wide": choice("天" * 60),
    "quoted": choice("天\"\\'" * 20),
    "wide_few": choice("天" * 30, "地" * 30),
    "short": typed("list[str]", items={"pattern": "^[a-z]x{20}$", "max_length": 20}, default=[]),
    "limited": typed("list[str]", items={"pattern": "x?" * 90, "max_length": 90}, default=[]),
    "all_limited": typed(
        "list[str]",
        items={"min_length": 1, "max_length": 90, "pattern": "x?" * 30},
        default=[],
    ),
    "days": typed("list[datetime | None]", default=[None, *DAYS]),
    "nested": typed(
        "dict[str, list[list[float | None]]]",
        default={"a" * 90: [[0.5, None], [float(number) for number in range(40)]], "天": [[], [1]]},
    ),
    "dates": typed(
        "dict[str, date | None]",
        default=dict.fromkeys(("k" * 60, "天" * 30, "天", "fromisoformat()" * 5), "2026-01-31")
        | {"天" * 40: None},
    ),
    "texts": typed("list[str]", default=["天地" * 10, "x" * 120, "two\nlines", '"'], max_length=9),
    "story": typed("str", description="It goes on. " * 30, default="天" * 70),
    "天" * 60: typed("str", default="x"),
    "orderIdentifier" * 6: typed("int", default=1),
    "地天" * 30: typed("object | None", fields={"unitPrice": typed("float", ge=0)}),
    "shipTo" * 9: typed("object | None", fields={"天" * 9: typed("any")}, additional=True),
    "shapes": typed(
        "list[object]",
        default=[],
        tag="@type",
        model="Shape",
        one_of={"a" * 30: {}, "天" * 40: {"additional": True}, "x": {"fields": {"y": NESTED}}},
    ),
    "figure": typed(
        "object | None",
        tag="kind",
        one_of={letter * 30: {"description": letter * 60} for letter in "abcd"},
    ),
    "objects": typed(
        "list[object]", fields={"name": typed("str"), "x" * 30: typed("str")}, model="Thing"
    ),
}
"""What takes more than one line, and what is wider than it is long."""
