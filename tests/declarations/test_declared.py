"""Servers that answers files declare: the examples, all together, and many that nobody wrote."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support import checks, declarations
from support.declared import EXAMPLES, LISTS, answers_of, many
from support.environments import run_module
from support.layouts import LONG, MOST, longest_run, regions, typed
from support.rendering import ROOT, Project, copy


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def example(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_are_five_declared_examples() -> None:
    assert len(EXAMPLES) == 5


def test_a_declared_example_passes_its_tests(
    example: Path,
    template: Path,
    install: Callable[[Project], Path],
    type_cache: Path,
    tmp_path: Path,
) -> None:
    project = copy(template, tmp_path / "project", **answers_of(example))
    checks.check_tree(project)
    checks.check_layout(project)
    checks.check_no_leftovers(project)
    checks.check_style(project)
    checks.check_types(project, type_cache)
    python = install(project)
    checks.check_tests(project, "--cov", *checks.OWN_TESTS, python=python)
    # Of the template's, those that look at what is declared.
    api = ["tests/runtime/test_api.py"] if project.answers.get("api") else []
    checks.check_tests(project, "tests/runtime/test_mock.py", *api, python=python)


def test_a_declared_server_that_asks_for_tokens_is_typed(
    template: Path, type_cache: Path, tmp_path: Path
) -> None:
    # A linter takes names such as l for others; here they are those of the owner's API.
    short = {"name": "l", "description": "Do.", "arguments": {"l": {"type": "int"}}}
    short |= {"content": "none", "scopes": ["notes"]}
    answers = answers_of(ROOT / "examples" / "orders.yml")
    answers |= {"http": True, "auth": "jwt", "tools": [*answers["tools"], short]}
    project = copy(template, tmp_path / "project", **answers)
    checks.check_style(project)
    checks.check_types(project, type_cache)
    checks.check_tests(project, "tests/test_declared.py", "-k", "belong_together")


BODIES = {
    "tools/handlers.py": "return schemas.{model}Result.model_construct()",
    "resources/providers.py": 'raise LookupError("{name}")',
    "prompts/handlers.py": 'return "{name}"',
}
"""What replaces a stub."""


def implement(project: Project) -> int:
    """Fill in all stubs, and nothing else; return how many there were."""
    count = 0
    for name, body in BODIES.items():
        path = project.package / name
        if not path.exists():
            continue
        source = path.read_text("utf-8")
        for stub in re.findall(r'raise NotImplementedError\("(\w+)"\)', source):
            model = "".join(part.capitalize() for part in stub.split("_"))
            filled = body.format(name=stub, model=model)
            source = source.replace(f'raise NotImplementedError("{stub}")', filled)
            count += 1
        path.write_text(source, "utf-8", newline="\n")
    return count


def test_stubs_can_be_filled_in_without_touching_other_code(
    example: Path, template: Path, type_cache: Path, tmp_path: Path
) -> None:
    project = copy(template, tmp_path / "project", **answers_of(example))
    entries = [one for kind in LISTS for one in project.answers[kind] or ()]
    declared = sum("http" not in one for one in entries)  # Those are no stubs.
    assert implement(project) == declared
    checks.check_style(project)
    checks.check_types(project, type_cache)
    checks.check_tests(project, *checks.CATALOG_TESTS)


@pytest.mark.parametrize(
    ("kinds", "others"),
    [
        (("tools",), {}),
        (("resources",), {"example": True, "http": True}),
        (("prompts",), {}),
        ((), {"example": True, "http": True}),
    ],
)
def test_each_list_alone_and_empty_lists_render(
    template: Path, type_cache: Path, tmp_path: Path, kinds: tuple[str, ...], others: dict[str, Any]
) -> None:
    declared = answers_of(ROOT / "examples" / "notes.yml")
    lists = {kind: declared[kind] if kind in kinds else None if kinds else [] for kind in LISTS}
    answers = {"project_name": "Harbour Log"} | lists | others
    project = copy(template, tmp_path / "project", **answers)
    checks.check_tree(project)
    checks.check_layout(project)
    checks.check_no_leftovers(project)
    checks.check_style(project)
    checks.check_types(project, type_cache)
    checks.check_tests(project, "-x", *checks.QUICK_TESTS, "tests/test_declared.py")


def test_tools_without_a_field_import_nothing_for_it(template: Path, tmp_path: Path) -> None:
    tools = [{"name": "restart", "description": "Restart the server."}]
    project = copy(template, tmp_path / "project", project_name="Harbour Log", tools=tools)
    checks.check_style(project)


@pytest.mark.parametrize("part", ["arguments", "result"])
def test_one_field_that_may_be_null_or_left_out_renders_tested_code(
    template: Path, type_cache: Path, tmp_path: Path, part: str
) -> None:
    note = {"type": "str", "required": False, "nullable": True, "example": None}
    tools = [{"name": "change", "description": "Change a note.", part: {"note": note}}]
    project = copy(template, tmp_path / "project", project_name="Harbour Log", tools=tools)
    checks.check_no_leftovers(project)
    checks.check_style(project)
    checks.check_types(project, type_cache)
    runtime = ("tests/runtime/test_mock.py", "tests/runtime/test_tools.py")
    checks.check_tests(
        project, "tests/test_declared.py", *runtime, "-k", "null or mock or declared"
    )


def test_what_is_declared_comes_in_the_order_of_the_names(template: Path, tmp_path: Path) -> None:
    declared = answers_of(ROOT / "examples" / "notes.yml")
    project = copy(template, tmp_path / "one", **declared)
    turned = {kind: declared[kind][::-1] for kind in LISTS}
    other = copy(template, tmp_path / "two", **(declared | turned))
    for path in sorted(project.package.rglob("*.py")):
        same = other.path / path.relative_to(project.path)
        assert path.read_bytes() == same.read_bytes(), path.name


# Models that one likes to read ------------------------------------------------------------------


def test_models_have_comments_only_where_merges_need_them(
    example: Path, template: Path, tmp_path: Path
) -> None:
    project = copy(template, tmp_path / "project", **answers_of(example))
    for lines in regions(project):
        assert longest_run(lines) <= MOST
        assert [line for line in lines if len(line) > 100 or "fmt:" in line] == []
        for number, line in enumerate(lines):
            if "# " in line and "region" not in line:
                bare = line.partition("#")[0].rstrip()
                without = [*lines[:number], *([bare] if bare else []), *lines[number + 1 :]]
                assert longest_run(without) > MOST, line


def test_long_values_are_laid_out_as_ruff_does(
    template: Path, type_cache: Path, tmp_path: Path
) -> None:
    things = [{"name": "天" * number, "x" * 30: "y" * 40} for number in (1, 30)]
    parts = {name: dict(field) for name, field in LONG.items()}
    for field in parts.values():
        if "default" in field:
            field["example"] = field.pop("default")
    parts["objects"] |= {"example": things, "model": "Other"}
    parts["shapes"] |= {"model": "OtherShape"}
    parts |= {f"part_{number}": typed("bool") for number in range(9)}
    tool = {"description": "Do it.", "arguments": LONG, "result": parts}
    lists = {"tools": [tool | {"name": "do"}], "resources": [], "prompts": []}
    project = copy(template, tmp_path / "project", project_name="Harbour Log", **lists)
    ((*lines,),) = regions(project)
    assert longest_run(lines) <= MOST
    assert not [line for line in lines if "fmt:" in line]
    checks.check_style(project)
    checks.check_types(project, type_cache)
    checks.check_tests(project, "tests/test_declared.py")


# That the rendered tests notice -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "edit", "test"),
    [
        ("tools/schemas.py", (", le=100)", ")"), "listed_as_declared"),
        ("tools/schemas.py", ("default=20", "default=21"), "listed_as_declared"),
        ("tools/schemas.py", ("text: str", "words: str"), "listed_as_declared"),
        ("tools/catalog.py", ('title="Delete a note"', 'title="Add"'), "listed_as_declared"),
        ("tools/catalog.py", ("        destructive=True,\n", ""), "listed_as_declared"),
        ("tools/catalog.py", ('name="add_note"', 'name="added_note"'), "listed_as_declared"),
        ("tools/catalog.py", ("handlers.add_note", "handlers.delete_note"), "belong_together"),
        ("tools/catalog.py", ("AddNoteResult", "ListNotesResult"), "belong_together"),
        ("tools/catalog.py", ("Delete this note for good?", "Delete it?"), "belong_together"),
        ("resources/catalog.py", ("text/markdown", "text/plain"), "resource_is_listed"),
        ("prompts/catalog.py", ("Which tag.", "Which."), "prompt_is_listed"),
    ],
)
def test_parts_that_do_not_fit_together_fail_the_rendered_tests(
    template: Path, tmp_path: Path, name: str, edit: tuple[str, str], test: str
) -> None:
    project = copy(template, tmp_path / "project", **answers_of(ROOT / "examples" / "notes.yml"))
    path = project.package / name
    source = path.read_text("utf-8")
    assert edit[0] in source
    path.write_text(source.replace(*edit, 1), "utf-8")
    done = run_module(project, "pytest", "-q", "tests/test_declared.py", "-k", test)
    assert done.returncode == 1, done.stdout
    assert test in done.stdout


VALIDATED = '''

class OwnNoteArguments(schemas.AddNoteArguments):
    """A note whose title says something."""

    @field_validator("title")
    @classmethod
    def _says_something(cls, title: str) -> str:
        if title == "x":
            raise ValueError("say more")
        return title
'''
OF_BOTH = '''

class OwnArguments(AddNoteArguments):
    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.title == self.text:
            raise ValueError("say more")
        return self


class OwnResult(AddNoteResult):
    """A note that is there."""

    @field_validator("note_id")
    @classmethod
    def _is_there(cls, note_id: str) -> str:
        return note_id.strip()
'''
END = "# The end of what Copier writes. What you add goes below.\n"
FOR_TYPES = """
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from ..lifespan import Context"""
DECORATOR = """
import functools

def _logged(function):
    @functools.wraps(function)
    async def wrapper(*arguments):
        return await function(*arguments)
    return wrapper
"""
STUB = """    raise NotImplementedError("add_note")
"""
RAISES = """    raise ToolError("no room")
"""

# What owners do to declared tools without changing what clients see: file, edits.
ALLOWED: dict[str, dict[str, list[tuple[str, str]]]] = {
    "a parameter with another name": {
        "tools/handlers.py": [
            ("arguments: schemas.AddNoteArguments, context:", "note: schemas.AddNoteArguments, _:")
        ],
    },
    "a subclass of a model": {
        "tools/handlers.py": [
            ("from . import schemas\n", f"from . import schemas\n{VALIDATED}\n"),
            ("\nfrom ..lifespan", "\nfrom pydantic import field_validator\nfrom ..lifespan"),
            ("arguments: schemas.AddNoteArguments", "arguments: OwnNoteArguments"),
            (STUB, RAISES),
            ("from . import", "from ..runtime import ToolError\nfrom . import"),
        ],
        "tools/catalog.py": [("schemas.AddNoteArguments", "handlers.OwnNoteArguments")],
    },
    "a subclass of a model, before the tool is implemented": {
        "tools/handlers.py": [
            ("from . import schemas\n", f"from . import schemas\n{VALIDATED}\n"),
            ("\nfrom ..lifespan", "\nfrom pydantic import field_validator\nfrom ..lifespan"),
        ],
        "tools/catalog.py": [("schemas.AddNoteArguments", "handlers.OwnNoteArguments")],
    },
    "a subclass of each model, below what Copier writes": {
        "tools/schemas.py": [
            (END, f"{END}{OF_BOTH}"),
            ("import datetime\n", "import datetime\nfrom typing import Self\n"),
            ("ConfigDict, Field\n", "ConfigDict, Field, field_validator, model_validator\n"),
        ],
        "tools/catalog.py": [
            ("schemas.AddNoteArguments", "schemas.OwnArguments"),
            ("schemas.AddNoteResult", "schemas.OwnResult"),
        ],
    },
    "imports for type checkers alone": {
        "tools/handlers.py": [
            (
                "\nfrom ..lifespan import Context",
                FOR_TYPES,
            )
        ],
    },
    "a decorator": {
        "tools/handlers.py": [
            ("# region add_note\n", "# region add_note\n@_logged\n"),
            (
                "from . import schemas\n",
                f"from . import schemas\n{DECORATOR}",
            ),
            (STUB, RAISES),
            ("from . import", "from ..runtime import ToolError\nfrom . import"),
        ],
    },
    "a tool of another name, which is known to be changed by hand": {
        "tools/handlers.py": [("async def add_note(", "async def write_note(")],
        "tools/catalog.py": [
            ('name="add_note"', 'name="write_note"'),
            ("handlers.add_note", "handlers.write_note"),
        ],
        "../../tests/test_declared.py": [("HAND: set[str] = set()", 'HAND = {"add_note"}')],
    },
}


@pytest.mark.parametrize("changes", ALLOWED.values(), ids=ALLOWED)
def test_code_that_clients_see_nothing_of_is_its_owners(
    template: Path, tmp_path: Path, changes: dict[str, list[tuple[str, str]]]
) -> None:
    project = copy(template, tmp_path / "project", **answers_of(ROOT / "examples" / "notes.yml"))
    for name, edits in changes.items():
        path = project.package / name
        source = path.read_text("utf-8")
        for old, new in edits:
            assert old in source
            source = source.replace(old, new, 1)
        path.write_text(source, "utf-8")
    checks.check_tests(project, "-x", "tests/test_declared.py")


# Declarations that nobody wrote -----------------------------------------------------------------


def test_many_generated_servers_are_what_they_declare(
    template: Path, type_cache: Path, tmp_path: Path
) -> None:
    tools = many(declarations.tools(least=1), 40)
    lists = {
        "tools": tools,
        "resources": many(declarations.resources(), 20),
        "prompts": many(declarations.prompts(), 20),
    }
    assert len(tools) >= 40
    project = copy(template, tmp_path / "project", project_name="Harbour Log", **lists)
    checks.check_style(project)
    checks.check_types(project, type_cache)
    checks.check_tests(project, "tests/test_declared.py")
