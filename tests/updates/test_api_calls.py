"""That handlers that call an API change with their declarations, and never without a word."""

from pathlib import Path
from typing import Any

import pytest

from support import checks
from support.api_refusals import API
from support.rendering import Project, commit
from support.updating import VERSIONS, Projects, changes_of, copier_update, update

pytestmark = pytest.mark.usefixtures("_compiled_once")

ANSWERS = {"http_client": True, "api": API}
FIELD = {"type": "str", "description": "What."}
HANDLERS = "tools/handlers.py"


@pytest.fixture
def projects(versions: Path, tmp_path: Path) -> Projects:
    return Projects(versions, tmp_path / "projects")


def tool(name: str, method: str = "get", path: str | None = None, **http: Any) -> dict[str, Any]:
    """Return a tool that calls the API, with bodies that look alike for all names."""
    return {
        "name": name,
        "description": f"Do {name}.",
        "arguments": {"number": FIELD, "town": FIELD},
        "result": {"state": FIELD},
        "http": {"method": method, "path": path or "/parcels/{number}"} | http,
    }


def stub(name: str) -> dict[str, Any]:
    return {key: value for key, value in tool(name).items() if key != "http"}


TOOLS = [tool("find"), tool("move", "put"), tool("open", "patch"), tool("return", "post")]


def body_of(project: Project, name: str) -> str:
    text = (project.package / HANDLERS).read_text("utf-8")
    return text.partition(f"# region {name}\n")[2].partition(f"# endregion {name}\n")[0]


def edit(project: Project, old: str, new: str) -> None:
    handlers = project.package / HANDLERS
    text = handlers.read_text("utf-8")
    assert text.count(old) == 1
    handlers.write_text(text.replace(old, new), "utf-8", newline="\n")
    commit(project.path)


def is_conflict(project: Project) -> bool:
    return "UU" in changes_of(project).values()


def fresh(projects: Projects, tools: list[dict[str, Any]], name: str) -> str:
    return body_of(projects(ANSWERS | {"tools": tools}, VERSIONS[-1]), name)


def test_a_changed_request_reaches_a_handler_that_nobody_edited(projects: Projects) -> None:
    project = projects(ANSWERS | {"tools": TOOLS}, VERSIONS[-1])
    changed = [tool("find", path="/v2/{number}"), *TOOLS[1:]]
    update(project, {"tools": changed})
    assert {Path(name).name for name in changes_of(project)} == {"handlers.py", checks.ANSWERS_FILE}
    for one in changed:
        assert body_of(project, one["name"]) == fresh(projects, changed, one["name"])


@pytest.mark.parametrize("number", range(len(TOOLS)))
def test_an_edit_stays_in_its_handler_where_others_change(projects: Projects, number: int) -> None:
    project = projects(ANSWERS | {"tools": TOOLS}, VERSIONS[-1])
    name = TOOLS[number]["name"]
    python = {"return": "return_", "open": "open_"}.get(name, name)
    before = body_of(project, python)
    line = before.splitlines()[-3]
    assert line.startswith("    return answer.json(")
    edit(project, line, f"    assert answer.text\n{line}")
    edited = body_of(project, python)
    others = [tool("add"), *(one | {"name": f"{one['name']}_all"} for one in TOOLS)]
    others += [one for one in TOOLS if one["name"] == name]
    update(project, {"tools": others})
    assert body_of(project, python) == edited
    assert not is_conflict(project)
    text = (project.package / HANDLERS).read_text("utf-8")
    assert text.count("assert answer.text") == 1


def test_an_edited_request_that_changes_is_a_conflict(projects: Projects) -> None:
    project = projects(ANSWERS | {"tools": TOOLS}, VERSIONS[-1])
    edit(project, '"GET",', '"GET".upper(),')
    update(project, {"tools": [tool("find", path="/v2/{number}"), *TOOLS[1:]]})
    assert is_conflict(project)
    assert "<<<<<<<" in body_of(project, "find")


def test_a_stub_becomes_complete(projects: Projects) -> None:
    project = projects(ANSWERS | {"tools": [stub("find"), *TOOLS[1:]]}, VERSIONS[-1])
    update(project, {"tools": TOOLS})
    assert not is_conflict(project)
    assert body_of(project, "find") == fresh(projects, TOOLS, "find")


def test_a_stub_that_was_written_becomes_a_conflict(projects: Projects) -> None:
    project = projects(ANSWERS | {"tools": [stub("find"), *TOOLS[1:]]}, VERSIONS[-1])
    own = 'return schemas.FindResult(state="there")'
    edit(project, 'raise NotImplementedError("find")', own)
    update(project, {"tools": TOOLS})
    assert is_conflict(project)
    assert own in body_of(project, "find")


def test_a_request_that_goes_leaves_a_stub(projects: Projects) -> None:
    project = projects(ANSWERS | {"tools": TOOLS}, VERSIONS[-1])
    changed = [stub("find"), *TOOLS[1:]]
    update(project, {"tools": changed})
    assert body_of(project, "find") == fresh(projects, changed, "find")
    assert "NotImplementedError" in body_of(project, "find")


def test_the_api_comes_goes_and_changes_its_credentials(projects: Projects) -> None:
    project = projects({"tools": [stub("find")]}, VERSIONS[-1])
    oauth2 = {"type": "oauth2", "token_url": "https://auth.example.org/token"}
    update(project, ANSWERS | {"tools": TOOLS, "api": API | {"auth": oauth2}})
    assert not is_conflict(project)
    commit(project.path)
    told = copier_update(project, {"api": API | {"auth": {"type": "basic"}}}).stderr
    assert "runtime/api/tokens.py" in told
    assert "runtime/api/basic.py" not in told
    commit(project.path)
    told = copier_update(project, {"tools": [stub("find")], "api": None}).stderr
    names = ("runtime/api/__init__.py", "tests/runtime/test_api.py", "tests/test_api_calls.py")
    assert all(name in told for name in (*names, "runtime/api/basic.py")), told
    assert "http_client" not in told
    assert not is_conflict(project)
    assert "NotImplementedError" in body_of(project, "find")


def test_tools_that_call_an_api_do_not_lose_it_without_a_word(projects: Projects) -> None:
    project = projects(ANSWERS | {"tools": TOOLS}, VERSIONS[-1])
    for answers in ({"api": None}, {"http_client": False}):
        done = copier_update(project, answers)
        assert done.returncode != 0
        assert "This project has a list of tools" in done.stderr
        assert changes_of(project) == {}
