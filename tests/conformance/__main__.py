"""`make conformance`: print a table of scenarios for each revision of the protocol."""

import shutil
import sys
import warnings

from copier import run_copy
from copier.errors import DirtyLocalWarning

from . import suite


def main() -> int:
    """Render, serve and ask; return 1 if a required scenario or one of skills has not passed."""
    project = suite.BUILD / "server"
    shutil.rmtree(project, ignore_errors=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DirtyLocalWarning)
        run_copy(
            str(suite.ROOT),
            project,
            data=suite.ANSWERS,
            defaults=True,
            quiet=True,
            vcs_ref="HEAD",
        )
    (package,) = (path.name for path in (project / "src").iterdir())
    suite.overlay(project / "src" / package)
    failed = False
    for revision, sessions in suite.SESSIONS.items():
        with suite.serving(project, package, sessions=sessions) as address:
            scenarios = suite.run(revision, address, suite.BUILD / revision)
        print(f"\n{revision}, {'with' if sessions else 'without'} sessions")
        for scenario in scenarios:
            print(f"  {scenario}")
        print(f"{revision}: {suite.figure(scenarios)} required scenarios passed")
        failed |= any(not one.passed and not one.not_required for one in scenarios)
    with suite.serving(project, package, sessions=0) as address:
        scenarios = suite.run_skills(address, suite.BUILD / "skills")
    print("\nthe extension for skills")
    for scenario in scenarios:
        print(f"  {scenario}")
    failed |= not all(one.spotless for one in scenarios)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
