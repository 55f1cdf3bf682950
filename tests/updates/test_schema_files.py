"""That the files of raw JSON Schemas come, change and go with the declarations."""

import json
from pathlib import Path
from typing import Any

import pytest

from support import checks
from support.rendering import Project, commit, git
from support.updating import VERSIONS, Projects, changes_of, copier_update, update


@pytest.fixture
def projects(versions: Path, tmp_path: Path) -> Projects:
    return Projects(versions, tmp_path / "projects")


PLAIN = {"name": "find_parcel", "description": "Find a parcel."}


def raw(**properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"number": {"type": "string"}} | properties}
    return {"name": "moveParcel", "description": "Move it.", "schema": {"arguments": schema}}


FILE = "tools/json_schemas/moveParcel.arguments.json"
STUB = '    raise NotImplementedError("move_parcel")\n'
BODY = '    return schemas.MoveParcelResult(number=arguments.root["number"])\n'


def updated(project: Project, *tools: dict[str, Any]) -> dict[str, str]:
    """Update, and return what has changed."""
    update(project, {"tools": list(tools)})
    return changes_of(project)


def contents(project: Project) -> dict[str, bytes]:
    listed = git(project.path, "ls-files", "-co", "--exclude-standard").splitlines()
    paths = (path for path in map(project.path.joinpath, listed) if path.exists())
    return {str(path.relative_to(project.path)): path.read_bytes() for path in paths}


def test_the_files_of_a_new_tool_come_as_in_a_fresh_render(projects: Projects) -> None:
    project = projects({"tools": [PLAIN]}, VERSIONS[-1])
    assert not (project.package / "tools" / "json_schemas").exists()
    updated(project, PLAIN, raw())
    assert contents(project) == contents(projects({"tools": [PLAIN, raw()]}, VERSIONS[-1]))
    commit(project.path)
    updated(project, PLAIN)
    assert contents(project) == contents(projects({"tools": [PLAIN]}, VERSIONS[-1]))


def test_a_schema_changes_beside_what_its_owner_wrote(projects: Projects) -> None:
    project = projects({"tools": [PLAIN, raw()]}, VERSIONS[-1])
    handlers, file = project.package / "tools" / "handlers.py", project.package / FILE
    handlers.write_text(handlers.read_text("utf-8").replace(STUB, BODY), "utf-8", newline="\n")
    commit(project.path)
    changed = updated(project, PLAIN, raw(town={"type": "string", "maxLength": 80}))
    assert json.loads(file.read_bytes())["properties"]["town"]["maxLength"] == 80
    assert BODY in handlers.read_text("utf-8")
    assert {name.rpartition("/")[2] for name in changed} == {file.name, checks.ANSWERS_FILE}


def test_a_schema_that_its_owner_changed_does_not_go_unsaid(projects: Projects) -> None:
    project = projects({"tools": [PLAIN, raw()]}, VERSIONS[-1])
    file = project.package / FILE
    own = file.read_text("utf-8").replace('"string"', '"integer"')
    file.write_text(own, "utf-8", newline="\n")
    commit(project.path)
    updated(project, PLAIN, raw(town={"type": "string"}))
    assert '"integer"' in file.read_text("utf-8")
    git(project.path, "reset", "-q", "--hard")
    git(project.path, "clean", "-fdq")
    told = copier_update(project, {"tools": [PLAIN]}).stderr
    assert file.name in told, "it went without a word"
    assert "find_parcel" not in told
