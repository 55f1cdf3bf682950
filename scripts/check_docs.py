"""Check that every relative link and anchor in this repository's Markdown leads somewhere.

Links to other sites are left alone: a check must not depend on the network.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    *("*.md", "docs/**/*.md", "examples/**/*.md", "benchmarks/**/*.md", ".github/**/*.md"),
    "skills/**/*.md",
)

FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*$")
# [text](target "title"), ![image](target), [reference]: target, href="target" and src="target"
LINKS = (
    re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'(][^)]*)?\s*\)"),
    re.compile(r"^ {0,3}\[[^\]]+\]:\s+<?([^\s>]+)"),
    re.compile(r"\b(?:href|src)=[\"']([^\"']+)[\"']"),
)
NAMED_ANCHOR = re.compile(r"<a\s+(?:id|name)=[\"']([^\"']+)[\"']")
OTHER_SITE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def lines_of_prose(page: Path) -> Iterator[tuple[int, str]]:
    """Number and text of each line outside code blocks."""
    fence: str | None = None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        mark = FENCE.match(line)
        if fence is None and mark:
            fence = mark[1]
        elif fence is not None:
            # A fence closes with at least as many of the same character, and nothing else.
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = None
        else:
            yield number, line


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors that GitHub gives the headings of a page, and those it names itself."""
    found: set[str] = set()
    for _, line in lines_of_prose(page):
        found.update(NAMED_ANCHOR.findall(line))
        if heading := HEADING.match(line):
            text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            repeated = 0
            while (anchor := f"{slug}-{repeated}" if repeated else slug) in found:
                repeated += 1
            found.add(anchor)
    return frozenset(found)


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Line number and target of each link."""
    for number, line in lines_of_prose(page):
        text = CODE_SPAN.sub("", line)
        for pattern in LINKS:
            for target in pattern.findall(text):
                yield number, target


def problem(page: Path, target: str, root: Path) -> str | None:
    """What is wrong with a link, or None."""
    if OTHER_SITE.match(target):
        return None
    path, _, anchor = unquote(target).partition("#")
    if path.startswith("/"):
        destination = root / path.lstrip("/")
    else:
        destination = page.parent / path if path else page
    destination = destination.resolve()
    if not destination.is_relative_to(root):
        return f"{target} leads out of the repository"
    if not destination.exists():
        return f"{target} does not exist"
    if anchor and destination.suffix == ".md" and anchor not in anchors(destination):
        return f"{target}: there is no heading for #{anchor}"
    return None


def main(root: Path = ROOT) -> int:
    """Print one line for each broken link; return the exit status."""
    root = root.resolve()
    pages = sorted({page for pattern in PAGES for page in root.glob(pattern)})
    checked = 0
    problems: list[str] = []
    for page in pages:
        for number, target in links(page):
            checked += 1
            if text := problem(page, target, root):
                problems.append(f"{page.relative_to(root)}:{number}: {text}")
    for text in problems:
        print(text, file=sys.stderr)
    print(f"{checked} links on {len(pages)} pages, {len(problems)} broken")
    return 1 if problems or not pages else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
