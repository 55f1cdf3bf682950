"""The language of answers files is described in language.yml, and the rest follows from it."""

import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from copier_mcp.importing.openapi.bodies import CONTENT_TYPE

ROOT = Path(__file__).resolve().parents[2]

spec = importlib.util.spec_from_file_location(
    "write_language", ROOT / "scripts" / "write_language.py"
)
assert spec
assert spec.loader
write_language = importlib.util.module_from_spec(spec)
spec.loader.exec_module(write_language)

pytestmark = pytest.mark.quick

SCHEMA: dict[str, Any] = json.loads((ROOT / "answers.schema.json").read_text("utf-8"))


def test_what_follows_from_the_language_is_written() -> None:
    for path, text in write_language.Language(ROOT).texts():
        assert path.read_text("utf-8") == text, "make language"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("copier.yml", "language.yml", "docs/declarations.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "macros", tmp_path / "macros")
    return tmp_path


@pytest.mark.parametrize(
    ("part", "other", "expected"),
    [
        (
            "        time_limit:\n", "        deadline:\n",
            ('"deadline", "icons"', '"deadline": {', "| `deadline` | optional; seconds"),
        ),
        ("maximum: 3600", "maximum: 7200", ('"tool.time_limit": 7200', '"maximum": 7200', "")),
        (
            "none: nothing", "video: a film",
            ('"mixed", "video"', '"mixed", "video"', "| `video` | a film |"),
        ),
        ("  uuid:", "  guid:", ('"guid"', r'"^guid(?: \\| None)?$"', "| `guid` | `uuid.UUID` |")),
        (
            "for: [str]", "for: [str, uuid]",
            ('("str", "uuid")', r'"^(?:str|uuid)(?: \\| None)?$"', "| `str`, `uuid` |"),
        ),
        (
            "description: the lowest value", "description: '[what](#names) is `1` | `2`'",
            ("", '"What is 1 | 2. For int, float', r"| [what](#names) is `1` \| `2` |"),
        ),
    ],
)  # fmt: skip
def test_a_change_of_the_language_reaches_all_that_is_written(
    root: Path, part: str, other: str, expected: tuple[str, str, str]
) -> None:
    path = root / "language.yml"
    text = path.read_text("utf-8")
    assert text.count(part) == 1
    path.write_text(text.replace(part, other), "utf-8")
    written = write_language.Language(root).texts()
    for (changed, after), new in zip(written, expected, strict=True):
        before = (ROOT / changed.relative_to(root)).read_text("utf-8")
        assert new in after
        assert not new or new not in before, changed


def test_each_question_has_an_answer_in_the_schema() -> None:
    described = yaml.safe_load((ROOT / "language.yml").read_text("utf-8"))["schema"]["properties"]
    assert described.keys() <= SCHEMA["properties"].keys()
    for name, question in SCHEMA["properties"].items():
        assert question.keys() & {"$ref", "anyOf", "enum", "type"}, name


def descriptions(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "description" and isinstance(value, str):
                yield value
            yield from descriptions(value)
    elif isinstance(node, list):
        for one in node:
            yield from descriptions(one)


def test_editors_show_sentences_without_marks() -> None:
    for description in descriptions(SCHEMA):
        assert "`" not in description
        assert "](" not in description
        assert description[-1] in ".?…"


def test_the_importer_writes_the_media_types_that_a_declaration_may_have() -> None:
    pattern = SCHEMA["$defs"]["http"]["properties"]["content_type"]["pattern"]
    assert pattern == f"^{CONTENT_TYPE.pattern}$"
