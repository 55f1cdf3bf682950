"""Names that lead out of a directory, as attackers spell them (after OWASP's path traversal)."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

SECRET = "what lies outside is a secret"  # noqa: S105
FILE = "secret.txt"
"""A file of the directory above the served one; there is none of this name in that."""

DOTS = (
    "..", ".. ", "...", "....", ". .", "..;", "..\t", "%2e%2e", "%2E%2e", ".%2e", "%2e.",
    "%252e%252e", "%25252e%25252e", "%c0%ae%c0%ae", "%c0%2e%c0%2e", "%e0%80%ae%e0%80%ae",
    "%f0%80%80%ae%f0%80%80%ae", "%u002e%u002e", "%%32%65%%32%65", "&#46;&#46;", "\\u002e\\u002e",
    "\\x2e\\x2e", "\uff0e\uff0e", "\u2024\u2024", "\u2025", "\u3002\u3002", "\ufe52\ufe52",
    "\u202e..", "..\u200b", "\u200b..", "\ufeff..", "..\u00ad", ".\u0338.", "..\0", "..%00",
    "\0..", "%00..",
)  # fmt: skip
SLASHES = (
    "/", "//", "/./", "\\", "\\\\", "\\/", "%2f", "%2F", "%5c", "%252f", "%255c", "%25252f",
    "%c0%af", "%c1%9c", "%e0%80%af", "%u002f", "%u2215", "%u2216", "%%32%66", "\uff0f", "\u2215",
    "\u2044", "\u29f8", "\uff3c", "\u2216", ":", ";/", "/;/", "?/", "#/", "\n/", "/\0", "%00/",
)  # fmt: skip
ENDS = (
    "/", "/.", ".", "..", " ", "%20", "%00", "\0", "%00.md", "\0.md", ".md", "%0a", "\n", "?",
    "?a", "?.md", "#", "#a", ";", ";a=b", "::$DATA", ":$I30:$INDEX_ALLOCATION", "\u200b", "~",
    "/haiku.md",
)  # fmt: skip
MIXED = (
    "....//", "....\\\\", "..././", "...\\.\\", ".../...//", "..%5c../", "..\\../", "../\\",
    "./../", "notes/..//../", "notes/../notes/../../", "haiku.md/../../",
    "no-such-directory/../../", "/../", "/./../", "%2e%2e%5c", "..%c0%af..%c0%af", "~/../",
    "~root/../", "C:..\\", "C:../", "file:../", "file://../", "$PWD/../", "%PWD%/../",
    "${PWD}/../", "{..}/", "[.][.]/", "?./", "*/../../", "**/../../", ".?/", "../" * 40,
    "..\\" * 40, "../" * 2000, "notes/../" * 2000 + "../",
)  # fmt: skip
ABSOLUTE = (
    "{path}", "/{path}", "//{path}", "/.{path}", "{path}/", "\\{path}", "file:{path}",
    "file://{path}", "file:///{path}", "file://localhost{path}", "file://example.org{path}",
    "url:file://{path}", "//localhost{path}", "\\\\localhost{path}", "\\\\?{path}", "\\\\.{path}",
    "//?{path}", "C:{path}", "c:\\{path}", "/proc/self/root{path}", "/proc/1/root{path}",
    "/proc/self/cwd/../{file}", "/proc/thread-self/root{path}", "/dev/../{path}", "~{path}",
    "/./proc/self/../self/root{path}",
)  # fmt: skip
ELSEWHERE = (
    "/etc/passwd", "/etc/hostname", "/proc/self/environ", "/proc/self/cmdline", "/proc/version",
    "/proc/self/fd/0", "/dev/fd/0", "/dev/stdin", "/dev/zero", "/dev/tty", "/", "/.", "//", "~",
    "~/", "~root", "C:\\Windows\\win.ini", "C:/Windows/win.ini", "C:", "\\\\host\\share\\file",
    "CON", "NUL", "nul.txt", "COM1", "LPT1.md", "con:", "PRN.", "AUX/haiku.md", "CONIN$", "", ".",
    "..", "...", "/..", "\0", "\n", "\u202e", "haiku.md\0", "haiku.md%00", "haiku.md\0.png",
    "haiku.md/..", "haiku.md.", "haiku.md ", "haiku.md::$DATA", "haiku.md?", "haiku.md#a",
    "haiku.md;a", "HAIKU.MD", "haiku.md\u200b", "\ufeffhaiku.md", "ｈaiku.md", ".hidden",
    "./.hidden", "notes/../.hidden", ".%68idden", ".git/config", "notes/.hidden", "notes",
    "notes/", "x" * 255, "x" * 256, "x" * 5000, "x/" * 2000 + "x", "x" * 100_000, "é" * 200,
)  # fmt: skip


def names(secret: Path) -> Iterator[str]:
    """Yield names of a secret file that lies beside the served directory, and of what is no file.

    For each way there is also one to nothing: both have to get the same answer.
    """
    yield from (f"{dots}{slash}{secret.name}" for dots in DOTS for slash in SLASHES)
    for file in (secret.name, "nothing.txt"):
        for dots in DOTS:
            yield f"{dots}/{file}"
            yield f"notes/{dots}/{dots}/{file}"
        for slash in SLASHES:
            yield f"notes{slash}..{slash}..{slash}{file}"
        for end in ENDS:
            yield f"../{file}{end}"
        for prefix in MIXED:
            yield prefix + file
        path = secret.with_name(file).as_posix()
        for form in ABSOLUTE:
            yield form.format(path=path, file=file)
            yield form.format(path=quote(path, safe=""), file=file)
    yield from ELSEWHERE


def uris(root: Path, secret: Path) -> Iterator[str]:
    """Yield the same as URIs: below that of the root, as they are and quoted, and by themselves."""
    for name in names(secret):
        yield f"{root.as_uri()}/{name}"
        if (quoted := quote(name, safe="/")) != name:
            yield f"{root.as_uri()}/{quoted}"
        if name.startswith("/") or ":" in name:
            yield f"file://{name}"
            yield name
    yield from (root.as_uri(), f"{root.as_uri()}-2/{secret.name}", "file://", "file:", "file:///")
