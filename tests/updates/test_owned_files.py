"""Answers that were valid render what they rendered, byte by byte, where owners edit it."""

import json
from pathlib import Path

from support.owned import DIGESTS, digests


def test_what_owners_edit_is_rendered_as_it_was(template: Path, tmp_path: Path) -> None:
    """Each change is a merge in every project, so it is made on purpose: see support/owned.py."""
    recorded = json.loads(DIGESTS.read_text("utf-8"))
    found = digests(template, tmp_path)
    changed = [
        f"{example}: {name}"
        for example in recorded.keys() | found
        for name in recorded.get(example, {}).keys() | found.get(example, {})
        if recorded.get(example, {}).get(name) != found.get(example, {}).get(name)
    ]
    assert sorted(changed) == []
