"""The digests of what owners edit, as rendered from the examples.

`sh scripts/uv run --frozen env PYTHONPATH=tests python -m support.owned` writes them anew.
"""

import hashlib
import json
import tempfile
from pathlib import Path

import yaml

from support.rendering import ROOT, copy, copy_template, files

DIGESTS = ROOT / "tests" / "updates" / "owned.json"
OWNED = ("tools/", "resources/", "prompts/", "lifespan.py", "settings.py")
"""Below the package. Updates merge every change of these into what their owners wrote."""

type Digests = dict[str, dict[str, str]]


def digests(template: Path, directory: Path) -> Digests:
    """Render each example, and return the digests of its files by their names."""
    found: Digests = {}
    for example in sorted((ROOT / "examples").glob("*.yml")):
        answers = yaml.safe_load(example.read_text("utf-8"))
        package = copy(template, directory / example.stem, **answers).package
        found[example.stem] = {
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in files(package)
            if name.startswith(OWNED)
        }
    return found


def main() -> None:
    """Write the digests of the working tree."""
    with tempfile.TemporaryDirectory() as directory:
        found = digests(copy_template(Path(directory, "template")), Path(directory))
    DIGESTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
