"""The official conformance suite, with Node and all: what it requires passes."""

from collections import Counter
from pathlib import Path

import pytest

from conformance import suite
from support import checks
from support.issuing import PUBLIC_URL, SCOPE, issuing
from support.rendering import Project, copy


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy(template, tmp_path_factory.mktemp("conformance") / "server", **suite.ANSWERS)
    suite.overlay(project.package)
    return project


def test_what_is_laid_over_the_render_is_written_as_its_owner_would(
    project: Project, type_cache: Path
) -> None:
    checks.check_style(project)
    checks.check_types(project, type_cache)
    laid = {path.relative_to(suite.HERE / "overlay") for path in suite.overlaid()}
    assert {path.parts[0] for path in laid} == {"prompts", "resources", "tools"}
    assert {path.name for path in laid} <= {
        "catalog.py",
        "schemas.py",
        "handlers.py",
        "providers.py",
    }


def test_every_required_scenario_passes_and_the_docs_say_what_else_does(
    project: Project, tmp_path: Path
) -> None:
    results = {}
    for revision, sessions in suite.SESSIONS.items():
        with suite.serving(project.path, project.package.name, sessions=sessions) as address:
            results[revision] = suite.run(revision, address, tmp_path / revision)
    required = [
        scenario
        for scenarios in results.values()
        for scenario in scenarios
        if not scenario.not_required
    ]
    assert [str(scenario) for scenario in required if not scenario.passed] == []
    assert [suite.figure(scenarios) for scenarios in results.values()] == ["37 of 37", "30 of 30"]
    assert suite.table(results) in (suite.ROOT / "docs" / "conformance.md").read_text("utf-8")


def test_every_check_of_skills_succeeds_and_the_docs_say_so(
    project: Project, tmp_path: Path
) -> None:
    with suite.serving(project.path, project.package.name, sessions=0) as address:
        results = suite.run_skills(address, tmp_path / "skills")
    assert [str(scenario) for scenario in results if not scenario.spotless] == []
    page = (suite.ROOT / "docs" / "conformance.md").read_text("utf-8")
    assert suite.skills_table(results) in page


def test_with_a_token_every_required_scenario_passes_too(template: Path, tmp_path: Path) -> None:
    project = copy(template, tmp_path / "server", **suite.ANSWERS, auth="jwt")
    suite.overlay(project.package)
    name = project.package.name
    results, without = {}, {}
    with issuing(tmp_path / "issuer") as (url, token):
        settings = {"PUBLIC_URL": PUBLIC_URL, "AUTH_ISSUER": url, "AUTH_SCOPES": SCOPE}
        for revision, sessions in suite.SESSIONS.items():
            with suite.serving(project.path, name, sessions=sessions, **settings) as address:
                with suite.with_token(address, token, tmp_path / "proxy.log") as proxy:
                    results[revision] = suite.run(revision, proxy, tmp_path / revision)
                without[revision] = suite.run(revision, address, tmp_path / "without")
        with suite.serving(project.path, name, sessions=0, **settings) as address:
            with suite.with_token(address, token, tmp_path / "proxy.log") as proxy:
                skills = suite.run_skills(proxy, tmp_path / "skills")
            without["skills"] = suite.run_skills(address, tmp_path / "without")
    assert [suite.figure(scenarios) for scenarios in results.values()] == ["37 of 37", "30 of 30"]
    assert suite.table(results) in (suite.ROOT / "docs" / "conformance.md").read_text("utf-8")
    assert [str(scenario) for scenario in skills if not scenario.spotless] == []
    # It is the token that opens the door: without it only those pass that want to be refused.
    assert [str(scenario) for scenario in without.pop("skills") if scenario.passed] == []
    for found in without.values():
        assert "tools-list" in {one.name for one in found if not one.passed}
        assert len([one for one in found if one.passed]) < 5


@pytest.mark.parametrize(
    "checked", [{}, {"SKIPPED": 1}, {"WARNING": 2}, {"SUCCESS": 3, "FAILURE": 1}], ids=str
)
def test_a_scenario_that_fails_or_checks_nothing_has_not_passed(checked: dict[str, int]) -> None:
    good = suite.Scenario("good", "", Counter({"SUCCESS": 1, "WARNING": 1}))
    bad = suite.Scenario("bad", "", Counter(checked))
    extra = suite.Scenario("extra", "extension", Counter())
    assert good.passed
    assert suite.figure([good, bad, extra]) == "1 of 2"
    assert not any(one.spotless for one in (good, bad, extra))
    assert suite.Scenario("spotless", "", Counter({"SUCCESS": 1})).spotless
