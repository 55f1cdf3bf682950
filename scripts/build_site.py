"""Build the documentation site, and fail if a page of it is not as it should be.

Pages link to each other and to other files of the repository as GitHub wants it. So the site has
the layout of the repository: this collects the README, docs/ and all that they link to, and gives
each linked file that is no page, such as an answers file, a page that shows it.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent

# What browsers show by themselves; any other file that is linked gets a page.
_SHOWN = {".css", ".jpg", ".png", ".svg"}
# [text](target) and src="target", up to an anchor.
_LINK = re.compile(r"""(\]\(|\b(?:href|src)=["'])([^)\s"'#:]+)""")
# The attributes that make a browser load something; a link alone does not.
_LOADS = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src")}
_CSS_LOADS = re.compile(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')\s]+)")
_OTHER_HOST = re.compile(r"(?:https?:)?//", re.IGNORECASE)


def collect(root: Path, target: Path) -> None:
    """Copy the pages of the site, and all that they link to, in the layout of the repository."""
    shutil.rmtree(target, ignore_errors=True)
    waiting = [root / "README.md", *root.glob("docs/**/*.md"), *root.glob("docs/**/*.css")]
    seen: set[Path] = set()
    while waiting:
        source = waiting.pop()
        if source in seen:
            continue
        seen.add(source)
        copy = target / source.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix in _SHOWN:
            shutil.copyfile(source, copy)
        elif source.suffix == ".md":
            text, linked = _page(source, root)
            copy.write_text(text, encoding="utf-8")
            waiting.extend(linked)
        else:
            name = source.relative_to(root).as_posix()
            copy.with_name(f"{copy.name}.md").write_text(_listing(name, source), encoding="utf-8")


def _page(source: Path, root: Path) -> tuple[str, list[Path]]:
    """Return a page with the links that it has on the site, and the files that it links to."""
    linked: list[Path] = []

    def follow(match: re.Match[str]) -> str:
        file = (source.parent / unquote(match[2])).resolve()
        if not file.is_file() or not file.is_relative_to(root):
            return match[0]
        linked.append(file)
        return match[0] if file.suffix in {*_SHOWN, ".md"} else f"{match[0]}.md"

    return _LINK.sub(follow, source.read_text(encoding="utf-8")), linked


def _listing(name: str, source: Path) -> str:
    language = {".yml": "yaml", ".py": "python"}.get(source.suffix, source.suffix.lstrip("."))
    return f"# {name}\n\n````{language or 'text'}\n{source.read_text(encoding='utf-8')}````\n"


class _Page(HTMLParser):
    """What a built page has to do with others: its anchors, its links, and what it loads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in {"href", "src"} and value:
                self.links.add(value)
                if (tag, name) in _LOADS:
                    self.loads.add(value)


def problems(site: Path) -> Iterator[str]:
    """Yield what is wrong with a built site: dead links, and what is loaded from other hosts."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        for load in sorted(filter(_OTHER_HOST.match, page.loads)):
            yield f"{name} loads {load} from another host"
        for link in sorted(page.links):
            if re.match(r"[a-z][a-z0-9+.-]*:|//", link, re.IGNORECASE):
                continue
            where, _, anchor = unquote(link).partition("#")
            # The page for what is not found cannot know where it stands.
            base = site if where.startswith("/") else path.parent
            file = (base / where.lstrip("/")).resolve() if where else path
            if file.is_dir():
                file /= "index.html"
            if not file.is_file():
                yield f"{name} links to {link}, which is not there"
            elif anchor and file in pages and anchor not in {*pages[file].anchors, "__top"}:
                yield f"{name} links to {link}, where there is no such heading"
    for path in sorted(site.rglob("*.css")):
        for load in _CSS_LOADS.findall(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(site)} loads {load} from another host"


def missing(root: Path) -> Iterator[str]:
    """Yield each page of the documentation to which the navigation does not lead."""
    settings = (root / "zensical.toml").read_text(encoding="utf-8")
    listed = set(_pages(tomllib.loads(settings)["project"]["nav"]))
    for path in sorted(root.glob("docs/**/*.md")):
        if (name := path.relative_to(root).as_posix()) not in listed:
            yield f"{name} has no line in the navigation of zensical.toml"


def _pages(nav: object) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, dict):
        for entry in nav.values():
            yield from _pages(entry)
    elif isinstance(nav, list):
        for entry in nav:
            yield from _pages(entry)


def main(root: Path = ROOT) -> int:
    """Build the site into build/site; return the exit status."""
    root = root.resolve()
    collect(root, root / "build" / "site-source")
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    found = [*problems(root / "build" / "site"), *missing(root)]
    if done.returncode and not found:
        found.append(f"Zensical did not build the site:\n{done.stdout}{done.stderr}")
    for text in found:
        print(text, file=sys.stderr)
    if not found:
        print("The site is in build/site. To search it: python -m http.server -d build/site")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
