"""That texts, messages and icons come, change and go with the declarations, and edits stay."""

import re
from pathlib import Path
from typing import Any

import pytest

from support.merging import has_conflict
from support.rendering import Project, commit
from support.updating import VERSIONS, Projects, changes_of, copier_update, update

pytestmark = pytest.mark.usefixtures("_compiled_once")

TESTS = "tests/test_declared_texts.py"
LINES = "".join(f"Rule {number} of how we write.\n" for number in range(1, 13))


@pytest.fixture
def projects(versions: Path, tmp_path: Path) -> Projects:
    return Projects(versions, tmp_path / "projects")


def guide(**more: Any) -> dict[str, Any]:
    return {"uri": "notes://guide", "name": "guide", "description": "How we write."} | more


def review(*texts: str, name: str = "review") -> dict[str, Any]:
    messages = [{"role": "assistant", "text": text} for text in texts]
    more = {"messages": messages} if messages else {}
    return {"name": name, "description": "Review it.", "arguments": {"code": {}}} | more


def source(project: Project, name: str) -> str:
    return (project.package / name).read_text("utf-8")


def edit(project: Project, name: str, old: str, new: str) -> None:
    text = source(project, name)
    assert text.count(old) == 1
    (project.package / name).write_text(text.replace(old, new), "utf-8", newline="\n")
    commit(project.path)


PROVIDERS = "resources/providers.py"
HANDLERS = "prompts/handlers.py"


def test_a_text_takes_the_place_of_a_stub_and_goes_again(projects: Projects) -> None:
    project = projects({"resources": [guide()], "prompts": [review()]}, VERSIONS[-1])
    before = {name: source(project, name) for name in (PROVIDERS, HANDLERS)}
    assert not (project.path / TESTS).exists()
    update(project, {"resources": [guide(text=LINES)], "prompts": [review("See {code}.")]})
    assert "Rule 12" in source(project, PROVIDERS)
    assert 'text=f"See {code}."' in source(project, HANDLERS)
    assert (project.path / TESTS).exists()
    commit(project.path)
    done = copier_update(project, {"resources": [guide()], "prompts": [review()]})
    assert {name: source(project, name) for name in before} == before
    gone = {name for name, state in changes_of(project).items() if "D" in state}
    assert gone == {*re.findall(r"git show HEAD:\./(\S+)", done.stderr)} == {TESTS}


def test_a_text_that_its_owner_edits_keeps_the_edit_and_gets_the_change(projects: Projects) -> None:
    project = projects({"resources": [guide(text=LINES)]}, VERSIONS[-1])
    edit(project, PROVIDERS, "Rule 2 of how we write.", "Rule 2, which is ours.")
    update(project, {"resources": [guide(text=LINES.replace("Rule 11", "Law 11"))]})
    text = source(project, PROVIDERS)
    assert "Rule 2, which is ours." in text
    assert "Law 11 of how we write." in text
    assert not has_conflict(text)


def test_code_in_the_place_of_a_text_stays_or_is_a_conflict(projects: Projects) -> None:
    project = projects({"resources": [guide(text="Short.\n")]}, VERSIONS[-1])
    own = "    return await context.lifespan_context.guide()\n"
    edit(project, PROVIDERS, '    return "Short.\\n"\n', own)
    update(project, {"resources": [guide(text="Short.\n", title="The guide")]})
    assert own in source(project, PROVIDERS)
    assert not has_conflict(source(project, PROVIDERS))
    commit(project.path)
    update(project, {"resources": [guide(text="Other.\n", title="The guide")]})
    assert own in source(project, PROVIDERS)
    assert has_conflict(source(project, PROVIDERS))


def test_a_message_of_the_owner_stays_in_its_prompt_among_others_alike(projects: Projects) -> None:
    long = "A text with more words than one line has room for. " * 3
    texts = [f"{long}{number} {{code}}" for number in (1, 2, 3)]
    names = ("check", "review", "revise")
    project = projects({"prompts": [review(*texts, name=name) for name in names]}, VERSIONS[-1])
    region = source(project, HANDLERS).split("# region review\n")[1]
    last = "        ),  # review 3\n"
    own = '        PromptMessage(role="user", content=TextContent(text="Ours.")),\n'
    assert region.count(last) == 1
    edit(project, HANDLERS, region, region.replace(last, last + own))
    more = [review(*texts, name=name) for name in ("ask", "audit", *names)]
    update(project, {"prompts": more})
    text = source(project, HANDLERS)
    assert not has_conflict(text)
    assert own in text.split("# region review\n")[1].split("# endregion review\n")[0]
    assert text.count(own) == 1


def test_icons_come_and_go_with_their_test(projects: Projects) -> None:
    icons = [{"src": "https://example.com/icon.png", "sizes": ["48x48"]}]
    project = projects({"resources": [guide()], "prompts": [review()]}, VERSIONS[-1])
    catalogs = ("resources/catalog.py", "prompts/catalog.py")
    before = [source(project, name) for name in catalogs]
    update(project, {"resources": [guide(icons=icons)], "prompts": [review() | {"icons": icons}]})
    assert all("icons=[" in source(project, name) for name in catalogs)
    commit(project.path)
    done = copier_update(project, {"resources": [guide()], "prompts": [review()]})
    assert [source(project, name) for name in catalogs] == before
    gone = {name for name, state in changes_of(project).items() if "D" in state}
    named = {*re.findall(r"git show HEAD:\./(\S+)", done.stderr)}
    assert gone == named == {"tests/test_declared_icons.py"}
