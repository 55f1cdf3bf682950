"""An import is rendered, edited, and merged with the next one, as docs/import-openapi.md says."""

import subprocess
from pathlib import Path

import yaml

from support.rendering import ROOT
from support.walking import FENCE, reader, run_script

PAGE = (ROOT / "docs" / "import-openapi.md").read_text("utf-8")


def test_what_was_written_into_the_file_stays_in_it(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    environment = reader(tmp_path / "bin")
    blocks = FENCE.findall(PAGE)
    document = dict(blocks)["yml"]
    first, render, keep, again = (body for language, body in blocks if language == "sh")
    (clone / "petstore.yaml").write_text(document, "utf-8")
    for script in (first, render, keep):
        run_script(script, clone, environment)
    settings = (tmp_path / "pet-store" / "src" / "pet_store" / "settings.py").read_text("utf-8")
    assert 'variable_prefix = "PET_STORE_"' in settings
    assert "`PET_STORE_API_TOKEN`" in PAGE
    # The owner describes an operation, and the authors of the API give another one an argument.
    file = clone / "server.yml"
    edited = file.read_text("utf-8").replace(
        "- name: removePet\n", "- name: removePet\n    description: Remove a pet for good.\n"
    )
    assert edited != file.read_text("utf-8")
    file.write_text(edited, "utf-8")
    changed = document.replace(
        "default: 20}}", "default: 20}}\n        - {name: kind, in: query, schema: {type: string}}"
    )
    assert changed != document
    (clone / "petstore.yaml").write_text(changed, "utf-8")
    run_script(again, clone, environment)
    tools = {tool["name"]: tool for tool in yaml.safe_load(file.read_text("utf-8"))["tools"]}
    assert tools["removePet"]["description"] == "Remove a pet for good."
    assert list(tools["listPets"]["arguments"]) == ["limit", "kind", "X-Trace"]
    # The next merge begins with this import.
    assert "kind:" in (clone / "imported.yml").read_text("utf-8")
