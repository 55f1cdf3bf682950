"""The example with a database: its migration stays whatever is updated, and nothing is lost."""

import pytest

from support.environments import OUR_PYTHON, run
from support.rendering import Project, commit
from support.updating import VERSIONS, Projects, changes_of, copier_update

SOURCE = "src/harbour_log"
MIGRATION = f"{SOURCE}/migrations/0001_notes.sql"
ADDED = "CREATE TABLE tags (tag TEXT);\n"


def notes(projects: Projects, version: str = VERSIONS[1]) -> Project:
    """Return a notes server whose owner has extended the migration."""
    project = projects({"example": True, "database": "sqlite"}, version)
    append(project, MIGRATION, ADDED)
    return project


def append(project: Project, name: str, text: str) -> None:
    path = project.path / name
    path.write_text(path.read_text("utf-8") + text, "utf-8", newline="\n")
    commit(project.path)


def start(project: Project, database: str) -> str:
    """Start the server on a database of the project's directory, and return what it says."""
    setting = {"HARBOUR_LOG_DATABASE_PATH": str(project.path.parent / database)}
    source = str(project.path / "src")
    done = run(
        *(OUR_PYTHON, "-m", "harbour_log", "list"),
        directory=project.path,
        PYTHONPATH=source,
        **setting,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_the_example_its_migration_stays_and_the_server_starts(projects: Projects) -> None:
    project = notes(projects)
    migration = (project.path / MIGRATION).read_bytes()
    assert "search_notes" in start(project, "kept.db")
    done = copier_update(project, {"example": False})
    assert done.returncode == 0, done.stderr
    gone = [name for name, state in changes_of(project).items() if "D" in state]
    assert gone == ["tests/test_notes.py"]
    assert all(f"git show HEAD:./{name}" in done.stderr for name in gone)
    assert (project.path / MIGRATION).read_bytes() == migration
    assert "search_notes" not in start(project, "kept.db")
    assert "uv run ruff check && uv run pytest" in done.stderr
    assert "Your migrations and statements" not in done.stderr
    commit(project.path)
    # The example comes back without touching what databases have.
    done = copier_update(project, {"example": True})
    assert done.returncode == 0, done.stderr
    assert (project.path / MIGRATION).read_bytes() == migration
    assert "search_notes" in start(project, "kept.db")


@pytest.mark.parametrize("is_there", [True, False], ids=["changed", "deleted"])
def test_an_update_leaves_the_migration_as_its_owner_did(
    projects: Projects, is_there: bool
) -> None:
    project = notes(projects, VERSIONS[0])
    path = project.path / MIGRATION
    if not is_there:
        path.unlink()
        commit(project.path)
    done = copier_update(project, {})
    assert done.returncode == 0, done.stderr
    assert path.exists() == is_there
    assert MIGRATION not in changes_of(project)


def test_a_database_replaces_the_workspace_and_what_was_edited_conflicts(
    projects: Projects,
) -> None:
    project = projects({"example": True}, VERSIONS[1])
    handlers = project.path / SOURCE / "tools" / "handlers.py"
    text = handlers.read_text("utf-8")
    edited = text.replace("files.sizes(arguments.glob))", "files.sizes(arguments.glob))[::-1]")
    assert edited != text
    own = "\n\ndef own() -> str:\n    return 'rice'\n"
    handlers.write_text(edited + own, "utf-8", newline="\n")
    append(project, "tests/test_workspace.py", "# Mine.\n")
    done = copier_update(project, {"database": "sqlite"})
    assert done.returncode == 0, done.stderr
    changed = changes_of(project)
    assert {name for name, state in changed.items() if "U" in state} == {
        f"{SOURCE}/tools/handlers.py"
    }
    text = handlers.read_text("utf-8")
    assert "files.sizes(arguments.glob))[::-1]" in text
    assert text.count(own) == 1
    assert "async def search_notes(" in text
    for name in (f"{SOURCE}/runtime/files.py", "tests/test_workspace.py"):
        assert changed[name].strip() == "D"
        assert f"git show HEAD:./{name}" in done.stderr
    assert (project.path / MIGRATION).exists()


def test_another_database_has_another_migration_and_the_message_says_so(
    projects: Projects,
) -> None:
    project = notes(projects)
    done = copier_update(project, {"database": "postgres"})
    assert done.returncode == 0, done.stderr
    assert "tsvector" in (project.path / MIGRATION).read_text("utf-8")
    assert f"git show HEAD:./{MIGRATION}" in done.stderr
    assert "Your migrations and statements are those of SQLite: see" in done.stderr
